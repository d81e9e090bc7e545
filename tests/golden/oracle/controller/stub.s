// SPDX-License-Identifier: Apache-2.0
// An assembly file in the package allows functions without a body, which link.go binds by name.
