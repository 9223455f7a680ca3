/* Of preset coverage, in every test: what a child has gone through counts, too. gcov writes its
 * counters at exit(), which a child that executes a program or leaves by _exit() never comes to. */
#include <unistd.h>

void __gcov_dump(void);
int __real_execvp(const char *file, char *const argv[]);
int __real_execvpe(const char *file, char *const argv[], char *const env[]);
__attribute__((noreturn)) void __real__exit(int status);
int __wrap_execvp(const char *file, char *const argv[]);
int __wrap_execvpe(const char *file, char *const argv[], char *const env[]);
__attribute__((noreturn)) void __wrap__exit(int status);

int __wrap_execvp(const char *file, char *const argv[])
{
    __gcov_dump();
    return __real_execvp(file, argv);
}

int __wrap_execvpe(const char *file, char *const argv[], char *const env[])
{
    __gcov_dump();
    return __real_execvpe(file, argv, env);
}

void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
