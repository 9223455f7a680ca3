#include "tests/support/random.h"

struct random random_from(uint64_t seed)
{
    return (struct random){.state = seed};
}

uint64_t random_u64(struct random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = random->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

size_t random_below(struct random *random, size_t n)
{
    return (size_t)(random_u64(random) % n);
}

double random_between(struct random *random, double low, double high)
{
    return low + (high - low) * (double)(random_u64(random) >> 11) / 9007199254740992.0;
}

double random_normal(struct random *random)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += random_between(random, 0, 1);
    return sum;
}
