/* Random numbers: the bit generator against published test vectors, the
 * distributions against their probabilities. Seeds are fixed: a test that
 * passes, passes always. */
#include "base/random.h"

#include <math.h>
#include <stddef.h>

#include "unit.h"

START_TEST(bits_are_those_of_the_reference_implementation)
{
    /* xoshiro256** from state 1, 2, 3, 4: the authors' C code, as in the tests of
     * the Rust crate rand_xoshiro. */
    static const uint64_t expected[] = {UINT64_C(11520),
                                        UINT64_C(0),
                                        UINT64_C(1509978240),
                                        UINT64_C(1215971899390074240),
                                        UINT64_C(1216172134540287360),
                                        UINT64_C(607988272756665600),
                                        UINT64_C(16172922978634559625),
                                        UINT64_C(8476171486693032832),
                                        UINT64_C(10595114339597558777),
                                        UINT64_C(2904607092377533576)};
    struct gk_random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        ck_assert_uint_eq(gk_random_bits(&random), expected[i]);
}
END_TEST

START_TEST(the_same_seed_and_stream_give_the_same_numbers_and_others_do_not)
{
    struct gk_random first, same, other, stream;
    int equal_other = 0, equal_stream = 0;
    gk_random_init(&first, 42, 7);
    gk_random_init(&same, 42, 7);
    gk_random_init(&other, 43, 7);
    gk_random_init(&stream, 42, 8);
    for (int i = 0; i < 1000; i++) {
        uint64_t bits = gk_random_bits(&first);
        ck_assert_uint_eq(bits, gk_random_bits(&same));
        equal_other += bits == gk_random_bits(&other);
        equal_stream += bits == gk_random_bits(&stream);
    }
    ck_assert_int_eq(equal_other, 0);
    ck_assert_int_eq(equal_stream, 0);
}
END_TEST

/* Chi-squared of counts over equal classes, with a limit of 6 standard
 * deviations of its normal approximation. */
static void check_uniform(const uint32_t *counts, int classes, double total)
{
    double chi = 0, expected = total / classes;
    for (int i = 0; i < classes; i++)
        chi += (counts[i] - expected) * (counts[i] - expected) / expected;
    ck_assert_double_lt(fabs(chi - (classes - 1)), 6 * sqrt(2.0 * (classes - 1)));
}

START_TEST(bounded_numbers_are_uniform_and_below_the_bound)
{
    static const uint64_t bounds[] = {1, 2, 3, 7, 10, 97, 100};
    struct gk_random random;
    gk_random_init(&random, 3, 0);
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        uint32_t counts[100] = {0};
        for (int i = 0; i < 100000; i++) {
            uint64_t n = gk_random_below(&random, bounds[b]);
            ck_assert_uint_lt(n, bounds[b]);
            counts[n]++;
        }
        if (bounds[b] > 1)
            check_uniform(counts, (int)bounds[b], 100000);
    }
    ck_assert_uint_eq(gk_random_below(&random, 0), 0);
    /* Two thirds of the range: with modulo bias the lower half would come twice
     * as often as the upper. */
    uint64_t bound = UINT64_MAX / 3 * 2;
    uint32_t halves[2] = {0};
    for (int i = 0; i < 100000; i++)
        halves[gk_random_below(&random, bound) >= bound / 2]++;
    check_uniform(halves, 2, 100000);
}
END_TEST

START_TEST(units_fill_the_interval_evenly)
{
    struct gk_random random;
    uint32_t counts[64] = {0};
    gk_random_init(&random, 4, 0);
    for (int i = 0; i < 200000; i++) {
        double u = gk_random_unit(&random);
        ck_assert(u >= 0 && u < 1);
        counts[(int)(u * 64)]++;
    }
    check_uniform(counts, 64, 200000);
}
END_TEST

START_TEST(normals_have_the_normal_distribution)
{
    /* By its distribution function, erfc, the classes are equally likely. */
    struct gk_random random;
    uint32_t counts[50] = {0};
    gk_random_init(&random, 5, 0);
    for (int i = 0; i < 200000; i++) {
        double p = 0.5 * erfc(-gk_random_normal(&random) / sqrt(2));
        counts[p < 1 ? (int)(p * 50) : 49]++;
    }
    check_uniform(counts, 50, 200000);
}
END_TEST

START_TEST(poisson_counts_have_poisson_probabilities)
{
    static const double means[] = {0.01, 0.5, 4, 29.9, 30.1, 100, 999};
    enum { DRAWS = 100000, MAX = 2000 };
    struct gk_random random;
    gk_random_init(&random, 6, 0);
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        static uint32_t counts[MAX];
        for (int k = 0; k < MAX; k++)
            counts[k] = 0;
        for (int i = 0; i < DRAWS; i++) {
            uint32_t k = gk_random_poisson(&random, means[m]);
            ck_assert_uint_lt(k, MAX);
            counts[k]++;
        }
        /* Classes of at least 20 expected draws, the rest together. */
        double chi = 0, left = DRAWS, rest = DRAWS;
        int classes = 0;
        for (int k = 0; k < MAX; k++) {
            double expected = DRAWS * exp(k * log(means[m]) - means[m] - lgamma(k + 1.0));
            if (expected < 20)
                continue;
            chi += (counts[k] - expected) * (counts[k] - expected) / expected;
            left -= expected;
            rest -= counts[k];
            classes++;
        }
        ck_assert_double_lt(fabs(rest - left), 6 * sqrt(left + 1));
        ck_assert_double_lt(chi - classes, 6 * sqrt(2.0 * classes));
    }
    ck_assert_uint_eq(gk_random_poisson(&random, 0), 0);
    ck_assert_uint_eq(gk_random_poisson(&random, -5), 0);
    ck_assert_uint_eq(gk_random_poisson(&random, NAN), 0);
}
END_TEST

START_TEST(large_poisson_means_stop_at_a_million)
{
    struct gk_random random;
    double sum = 0;
    gk_random_init(&random, 7, 0);
    for (int i = 0; i < 1000; i++)
        sum += gk_random_poisson(&random, HUGE_VAL);
    ck_assert_double_eq_tol(sum / 1000, 1e6, 6 * 1000 / sqrt(1000));
}
END_TEST

GK_UNIT_MAIN("base/random", bits_are_those_of_the_reference_implementation,
             the_same_seed_and_stream_give_the_same_numbers_and_others_do_not,
             bounded_numbers_are_uniform_and_below_the_bound, units_fill_the_interval_evenly,
             normals_have_the_normal_distribution, poisson_counts_have_poisson_probabilities,
             large_poisson_means_stop_at_a_million)
