// SPDX-License-Identifier: Apache-2.0
//
// Marks what the shared library exports; everything else is hidden.
#pragma once

#if defined(TIDEGATE_STATIC)
#define TIDEGATE_EXPORT
#else
#define TIDEGATE_EXPORT __attribute__((visibility("default")))
#endif
