/* Both hooks of HTTP. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include <stingless/http_request.h>
#include <stingless/http_response.h>
