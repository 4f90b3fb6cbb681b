/* Who asks, and may they? Tokens exist here only as the header's text and its
 * hash; neither is ever logged. */
#include "internal.h"

#include <string.h>
#include <strings.h>
#include <sodium.h>

enum { TOKEN_MIN_BYTES = 16, TOKEN_MAX_BYTES = 512 };

const char *gk_role_name(enum gk_role role)
{
    static const char *const names[] = {"public", "contact", "analyst"};
    return names[role];
}

/* The token of "Bearer <b64token>" (RFC 6750), NULL if it is not that. */
static const char *bearer_token(const char *authorization, size_t *length)
{
    if (strncasecmp(authorization, "Bearer ", 7) != 0)
        return NULL;
    const char *token = authorization + 7;
    token += strspn(token, " ");
    size_t body = strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~+/");
    *length = body + strspn(token + body, "=");
    bool fits = *length >= TOKEN_MIN_BYTES && *length <= TOKEN_MAX_BYTES;
    return fits && token[*length] == '\0' ? token : NULL;
}

enum gk_status gk_access_authenticate(struct gk_exchange *exchange)
{
    const struct gk_server_config *config = &exchange->server->config;
    const char *authorization = exchange->head.authorization;
    exchange->request.principal = (struct gk_principal){.role = GK_ROLE_PUBLIC};
    if (config->authenticate == NULL || authorization == NULL)
        return GK_OK;
    size_t length;
    const char *token = bearer_token(authorization, &length);
    if (token == NULL)
        return gk_error_set(&exchange->error, GK_UNAUTHORIZED,
                            "the Authorization header is not a bearer token");
    unsigned char hash[32];
    crypto_hash_sha256(hash, (const unsigned char *)token, length);
    struct gk_principal principal = {.role = GK_ROLE_PUBLIC};
    enum gk_status status = config->authenticate(config->context, hash, &principal);
    if (status == GK_UNAUTHORIZED)
        return gk_error_set(&exchange->error, status,
                            "the token is unknown, has expired or was revoked");
    if (status != GK_OK)
        return gk_error_set(&exchange->error, status, "the token cannot be checked now");
    exchange->request.principal = principal;
    return GK_OK;
}

enum gk_status gk_access_check(struct gk_exchange *exchange)
{
    enum gk_role role = exchange->request.principal.role;
    if (role >= exchange->route->role)
        return GK_OK;
    if (role == GK_ROLE_PUBLIC)
        return gk_error_set(&exchange->error, GK_UNAUTHORIZED,
                            "this needs a token of role %s: send it as Authorization: Bearer",
                            gk_role_name(exchange->route->role));
    return gk_error_set(&exchange->error, GK_FORBIDDEN, "this needs role %s, the token has %s",
                        gk_role_name(exchange->route->role), gk_role_name(role));
}
