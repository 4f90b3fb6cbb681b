/* Good requests and what an answer carries. Expected values are the RFCs'
 * (9110, 9457, 6750) and ../shared-free rules of lib/http/README.md; gzip and
 * zstd bodies are unpacked by the libraries' own decoders. */
#include "wire.h"

#include <libdeflate.h>
#include <zstd.h>

static struct reply reply;

START_TEST(a_plain_get_is_answered)
{
    struct gk_server_config config = service();
    struct gk_server *server = start(&config);
    get(server, "/", "", &reply);
    ck_assert_int_eq(status_of(&reply), 200);
    ck_assert_str_eq(body(&reply), "{\"path\":\"/\",\"language\":\"sv\"}\n");
    ck_assert_str_eq(header(&reply, "Content-Type"), "application/json");
    ck_assert_str_eq(header(&reply, "Cache-Control"), "public, max-age=60");
    ck_assert_str_eq(header(&reply, "Vary"),
                     "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language");
    ck_assert_str_eq(header(&reply, "Last-Modified"), "Fri, 01 Mar 2024 07:00:00 GMT");
    ck_assert_str_eq(header(&reply, "Grannkarta-Data-Age"), "7");
    ck_assert_str_eq(header(&reply, "Access-Control-Allow-Origin"), "*");
    ck_assert_str_eq(header(&reply, "X-Content-Type-Options"), "nosniff");
    ck_assert_str_eq(header(&reply, "Content-Language"), "sv");
    ck_assert(!reply.closed);
    gk_server_stop(server, 1);
}
END_TEST

GK_UNIT_MAIN("server_answers", a_plain_get_is_answered)
