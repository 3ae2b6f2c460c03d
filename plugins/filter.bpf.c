// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Keeps `/admin` and everything below it for those who send the right header.
#include <stingless/http.h>

/* What opens the door: a whole header line. The name's case does not matter, the value's does. */
const volatile char admin_line[32] = "X-Admin-Key: open sesame";
const volatile __u64 admin_line_len = 24;

#define MAX_HEADERS (1 << 20)

/* Path bytes are read directly: each behind a comparison with `end`, which is what the verifier asks for. */
static __always_inline int is_admin(const char *path, const char *end)
{
    if (path + 6 > end)
        return 0;
    if (path[0] != '/' || path[1] != 'a' || path[2] != 'd' || path[3] != 'm' || path[4] != 'i' || path[5] != 'n')
        return 0;
    if (path + 7 > end)
        return 1; /* exactly `/admin` */
    return path[6] == '/' || path[6] == ';'; /* some servers cut `;parameters` off */
}

SEC("http/request")
int filter(struct stingless_request *req)
{
    if (!is_admin(req->path, req->path_end))
        return STINGLESS_PASS;

    /* End minus start is how much there is: the verifier takes it as the length of what starts there. */
    const void *headers = req->headers;
    __u64 len = req->headers_end - headers;
    __u64 line_len = admin_line_len;
    if (len > MAX_HEADERS || line_len > sizeof(admin_line))
        return STINGLESS_DENY;
    if (http_header_has(headers, len, (const void *)admin_line, line_len))
        return STINGLESS_PASS;
    return STINGLESS_DENY;
}

char _license[] SEC("license") = "Dual MIT/GPL";
