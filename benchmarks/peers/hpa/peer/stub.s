// SPDX-License-Identifier: Apache-2.0

// Lets Go functions be without a body: controller.go binds them by name.
