/* Formulas that do not come from PROJ: Krüger's series for the Gauss conformal
 * projection as the Swedish national survey (Lantmäteriet) publishes it for SWEREF
 * 99 (n to the 4th: below a millimetre in Sweden). */
#ifndef GK_TESTS_KRUEGER_H
#define GK_TESTS_KRUEGER_H

#include <math.h>

#include "geo/types.h"

static const double degree = 3.14159265358979323846 / 180;

/* GRS 80 with central meridian, scale and false easting. */
static inline struct gk_en krueger(struct gk_lonlat p, double meridian_deg, double scale,
                                   double false_e)
{
    const double a = 6378137, f = 1 / 298.257222101, e2 = f * (2 - f), n = f / (2 - f);
    double n2 = n * n, n3 = n2 * n, n4 = n3 * n, s = sin(p.lat_deg * degree);
    double radius = a / (1 + n) * (1 + n2 / 4 + n4 / 64);
    double ka = e2, kb = (5 * pow(e2, 2) - pow(e2, 3)) / 6;
    double kc = (104 * pow(e2, 3) - 45 * pow(e2, 4)) / 120, kd = 1237 * pow(e2, 4) / 1260;
    const double beta[] = {n / 2 - 2 * n2 / 3 + 5 * n3 / 16 + 41 * n4 / 180,
                           13 * n2 / 48 - 3 * n3 / 5 + 557 * n4 / 1440,
                           61 * n3 / 240 - 103 * n4 / 140, 49561 * n4 / 161280};
    double conformal = p.lat_deg * degree - s * cos(p.lat_deg * degree) *
                                                (ka + kb * s * s + kc * pow(s, 4) + kd * pow(s, 6));
    double dl = (p.lon_deg - meridian_deg) * degree;
    double xi = atan2(tan(conformal), cos(dl)), eta = atanh(cos(conformal) * sin(dl));
    double north = xi, east = eta;
    for (int i = 0; i < 4; i++) {
        north += beta[i] * sin(2 * (i + 1) * xi) * cosh(2 * (i + 1) * eta);
        east += beta[i] * cos(2 * (i + 1) * xi) * sinh(2 * (i + 1) * eta);
    }
    return (struct gk_en){scale * radius * east + false_e, scale * radius * north};
}

/* EPSG:3006 and EPSG:3008. */
static inline struct gk_en sweref_99_tm(struct gk_lonlat p)
{
    return krueger(p, 15, 0.9996, 500000);
}

static inline struct gk_en sweref_99_13_30(struct gk_lonlat p)
{
    return krueger(p, 13.5, 1, 150000);
}

#endif
