#include "verdict/relabel.h"

#include <math.h>
#include <string.h>

#define FIGURES PERMUTATION_FIGURES_MAX

/* splitmix64 */
static uint64_t relabel_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = *state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

uint64_t relabel_seed(double value[][FIGURES], unsigned n_rows)
{
    uint64_t state = n_rows;
    for (unsigned i = 0; i < n_rows; i++)
        for (unsigned f = 0; f < FIGURES; f++) {
            uint64_t bits;
            memcpy(&bits, &value[i][f], sizeof(bits));
            state = relabel_random(&state) ^ bits;
        }
    return state;
}

void relabel_shuffle(uint64_t *state, unsigned *order, unsigned n)
{
    for (unsigned i = n; i > 1; i--) {
        unsigned j = (unsigned)(((relabel_random(state) >> 32) * i) >> 32);
        unsigned swapped = order[i - 1];
        order[i - 1] = order[j];
        order[j] = swapped;
    }
}

double relabel_choose(unsigned n, unsigned k)
{
    double ways = 1;
    for (unsigned i = 1; i <= k; i++)
        ways = ways * (n - k + i) / i;
    return round(ways);
}

unsigned relabel_next(unsigned *chosen, unsigned n, unsigned k, unsigned fixed)
{
    unsigned last = k;
    while (last > fixed && chosen[last - 1] == n - k + last - 1)
        last--;
    if (last == fixed)
        return k;
    chosen[last - 1]++;
    for (unsigned i = last; i < k; i++)
        chosen[i] = chosen[i - 1] + 1;
    return last - 1;
}
