/* What a lattice costs: dwellings per cell, and how far a dwelling is from the
 * point of its cell, in town and in the country. Pure. */
#ifndef GK_CMD_LATTICE_SUMMARY_H
#define GK_CMD_LATTICE_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "anon/lattice.h"
#include "base/status.h"

/* Metres from a dwelling to its cell's point, each dwelling counted once and
 * taken to be anywhere in its square (address points are not stored); quantiles
 * to half a metre. */
struct gk_displacement {
    int64_t dwellings;
    double median_m, p90_m, max_m;
};

struct gk_lattice_summary {
    int64_t dwellings, cells, units;                   /* units with dwellings; living cells */
    int64_t cell_min, cell_median, cell_p90, cell_max; /* dwellings in a living cell */
    struct gk_displacement all, town, country;
};

/* A unit is in the country when fewer than 200 dwellings are within 500 m of
 * its centre. Units carry their living cell. GK_NO_MEMORY. */
GK_CHECKED enum gk_status gk_lattice_summarise(struct gk_lattice_summary *summary,
                                               const struct gk_unit *units, size_t unit_count,
                                               const struct gk_lattice_cell *cells,
                                               size_t cell_count, int32_t side_cm);

/* For each of the units, in `is_country`, whether it is in the country. */
GK_CHECKED enum gk_status gk_lattice_find_country(unsigned char *is_country,
                                                  const struct gk_unit *units, size_t unit_count,
                                                  int32_t side_cm);

#endif
