#include <errno.h>
#include <glib.h>

#include "supervise/cgroup-find.h"

static void
check(const char *mounts, const char *members, const char *controller, const char *want)
{
    SvCgroupTexts texts = {.mounts = mounts, .members = members};
    char path[4096] = "";
    int r = sv_cgroup_find(&texts, controller, path, sizeof path);

    if (want) {
        g_assert_cmpint(r, ==, 0);
        g_assert_cmpstr(path, ==, want);
    } else {
        g_assert_cmpint(r, ==, -ENOENT);
    }
}

static const char hybrid[] =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 master:1 - cgroup cgroup "
    "rw,cpu,cpuacct\n"
    "36 31 0:33 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
static const char in_hybrid[] =
    "5:cpu,cpuacct:/\n4:memory:/a/b\n9:name=systemd:/x.slice\n0::/x.slice/y\n";

static void
test_both(void)
{
    check(hybrid, in_hybrid, NULL, "/sys/fs/cgroup/unified/x.slice/y");
    check(hybrid, in_hybrid, "cpu", "/sys/fs/cgroup/cpu,cpuacct");
    check(hybrid, in_hybrid, "cpuacct", "/sys/fs/cgroup/cpu,cpuacct");
    check(hybrid, in_hybrid, "memory", "/sys/fs/cgroup/memory/a/b");
    check(hybrid, in_hybrid, "name=systemd", "/sys/fs/cgroup/systemd/x.slice");
    check(hybrid, in_hybrid, "pids", NULL);
    check(hybrid, in_hybrid, "mem", NULL);
}

static void
test_namespace(void)
{
    /* In a container the root of what is mounted is its own group, as seen from outside. */
    const char *mounts = "9 8 0:27 /docker/1 /sys/fs/cgroup ro - cgroup2 cgroup rw\n";

    check(mounts, "0::/docker/1\n", NULL, "/sys/fs/cgroup");
    check(mounts, "0::/docker/1/in/it\n", NULL, "/sys/fs/cgroup/in/it");
    check(mounts, "0::/docker/12\n", NULL, NULL);
    check(mounts, "0::/\n", NULL, NULL);
    check("9 8 0:27 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n", "0::/../other\n", NULL, NULL);
    check("9 8 0:27 /../.. /mnt ro - cgroup2 cgroup rw\n9 8 0:27 / /sys/fs/cgroup ro - cgroup2 "
          "cgroup rw\n",
          "0::/\n", NULL, "/sys/fs/cgroup");
}

static void
test_odd(void)
{
    check("9 8 0:27 / /odd\\040place\\134 rw - cgroup2 cgroup rw\n", "0::/a b:c", NULL,
          "/odd place\\/a b:c");
    check("", "", NULL, NULL);
    check("", "0::/", NULL, NULL);
    check("- - - - -\n\n9 8\n9 8 0:1 / /x rw -\n9 8 0:1 / /x rw - cgroup2\n", "0::/\n", NULL, NULL);
    check(hybrid, "nonsense\n1:memory\n:::\n4:memory:/late", "memory",
          "/sys/fs/cgroup/memory/late");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cgroup/a-controller-is-found-where-it-is-mounted", test_both);
    g_test_add_func("/cgroup/a-group-is-found-below-what-is-mounted-of-it", test_namespace);
    g_test_add_func("/cgroup/odd-texts-are-read-with-care", test_odd);
    return g_test_run();
}
