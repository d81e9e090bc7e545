// SPDX-License-Identifier: Apache-2.0
//
// The text of the upstream include.
#pragma once

#include <span>
#include <string>

#include "tidegate/balancer.h"
#include "tidegate/balancers/nginx.h"
#include "tidegate/result.h"

namespace tidegate {

/// kInvalidArgument: an option that is missing or could not stand in a configuration.
Status CheckNginxOptions(const NginxOptions& options);

/// The same endpoints give the same text, in whatever order they come. Without endpoints it is
/// still a valid configuration: NGINX answers 502.
///
/// kInvalidArgument: a host that is not an address or a name, a port of 0.
Result<std::string> UpstreamText(const NginxOptions& options, std::span<const Endpoint> endpoints);

}  // namespace tidegate
