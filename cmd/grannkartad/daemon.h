/* What the parts of the daemon share: the wiring of one process. */
#ifndef GK_GRANNKARTAD_DAEMON_H
#define GK_GRANNKARTAD_DAEMON_H

#include "api/api.h"
#include "base/json.h"
#include "base/log.h"
#include "base/options.h"
#include "http/server.h"
#include "snapshot/holder.h"

struct gk_daemon {
    struct gk_options options;
    struct gk_log log;
    struct gk_holder *holder;
    struct gk_api *api;
    struct gk_server *public_server;
    struct gk_server *operations_server;
};

/* /healthz, /readyz, /metrics; their context is the struct gk_daemon. */
extern const struct gk_route gk_operations_routes[];
extern const size_t gk_operations_route_count;

#endif
