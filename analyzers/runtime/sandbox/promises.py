"""What each tier of isolation promises: data, shown by `doctor` and in docs/security.md, and held by attack tests."""

from __future__ import annotations

from dataclasses import dataclass

STOPPED, CONTAINED, NOT = "stopped", "contained", "not stopped"


@dataclass(frozen=True, slots=True)
class Promise:
    """A class of attacks, and what becomes of it."""

    attack: str
    weak: str
    standard: str
    strict: str
    tests: tuple[str, ...]
    """Below tests/analyzers/runtime: an attack (a file), an attempt of sandbox/test_tiers.py (after `?`), or a test."""

    def by_tier(self) -> dict[str, str]:
        """What becomes of it, by the name of the tier."""
        return {"none": NOT, "weak": self.weak, "standard": self.standard, "strict": self.strict}


def _resources(*names: str) -> tuple[str, ...]:
    return tuple(f"attacks/resources/{name}.py" for name in names)


def _escape(*names: str) -> tuple[str, ...]:
    return tuple(f"attacks/escape/{name}.py" for name in names)


def _attempts(*names: str) -> tuple[str, ...]:
    return tuple(f"?{name}" for name in names)


PROMISES = (
    Promise(
        "hanging: endless loops and sleeps, ignored signals, SIGSTOP of itself, waiting for input",
        *(STOPPED, STOPPED, STOPPED),
        _resources("spin_ignoring_signals", "sleep", "stops_itself", "stops_its_group", "stdin_starvation"),
    ),
    Promise(
        "memory, output, size of a file, open files",
        *(STOPPED, STOPPED, STOPPED),
        _resources("memory_bomb", "memory_files", "output_flood", "disk_fill", "open_files"),
    ),
    Promise(
        "memory of many processes, each of which keeps to its limit",
        *(CONTAINED, CONTAINED, STOPPED),
        ("sandbox/test_groups.py::test_memory_is_bounded_for_all_together", *_resources("fork_bomb")),
    ),
    Promise(
        "processes and threads",
        *(STOPPED, STOPPED, STOPPED),
        _resources("fork_bomb", "fork_tree", "thread_bomb", "zombies"),
    ),
    Promise(
        "processes left behind: double fork, setsid, ignored signals, a held pipe",
        *(STOPPED, STOPPED, STOPPED),
        _resources("daemon", "child_forks_on", "child_holds_the_output", "children_left_computing"),
    ),
    Promise(
        "many files: disk space and names",
        *(NOT, NOT, STOPPED),
        _resources("disk_fill_by_many_files", "inode_fill"),
    ),
    Promise(
        "raising limits and priorities again",
        *(STOPPED, STOPPED, STOPPED),
        _resources("limits_raised", "priority_raised"),
    ),
    Promise(
        "reading files of the machine that its user may read",
        *(NOT, STOPPED, STOPPED),
        (*_escape("read_passwd", "read_canary", "list_temporary"), *_attempts("read a file of the machine")),
    ),
    Promise(
        "writing files outside of its folder where its user may",
        *(NOT, STOPPED, STOPPED),
        _escape("write_outside", "write_canary", "truncate_canary", "remove_canary", "shared_memory_file"),
    ),
    Promise(
        "changing permissions, times and attributes of files elsewhere",
        *(STOPPED, STOPPED, STOPPED),
        (
            *_escape("open_canary_to_all", "take_canary", "canary_aged", "canary_labelled"),
            "sandbox/test_seccomp.py::test_a_guard_leaves_permissions_of_files_as_they_are",
        ),
    ),
    Promise(
        "learning which files there are elsewhere",
        *(NOT, NOT, STOPPED),
        _attempts("see a file of the machine"),
    ),
    Promise(
        "listing the machine's processes and their command lines",
        *(NOT, STOPPED, STOPPED),
        (*_escape("command_lines"), *_attempts("list processes")),
    ),
    Promise(
        "signals to other processes",
        *(STOPPED, STOPPED, STOPPED),
        (
            *_escape("kill_parent", "stop_parent", "kill_victim", "signal_by_descriptor", "signal_by_handle"),
            "sandbox/test_confine.py::test_a_guard_stands_between_processes_of_one_user",
        ),
    ),
    Promise(
        "tracing other processes, changing their limits",
        *(STOPPED, STOPPED, STOPPED),
        _escape("trace_parent", "memory_of_parent_by_call", "descriptors_of_parent", "limit_victim"),
    ),
    Promise(
        "memory of the user's other processes, through /proc",
        *(NOT, STOPPED, STOPPED),
        (*_escape("memory_of_parent"), *_attempts("read memory of its user's")),
    ),
    Promise(
        "network: TCP, UDP, unix sockets, name look-ups",
        *(STOPPED, STOPPED, STOPPED),
        _escape("tcp", "udp", "listening", "unix_stream", "unix_abstract", "pair_turned_elsewhere", "name_lookup"),
    ),
    Promise(
        "namespaces, mounts, roots",
        *(STOPPED, STOPPED, STOPPED),
        _escape("user_namespace", "clone3_namespace", "namespace_of_others", "mount", "pivot_root", "chroot"),
    ),
    Promise(
        "the id of root: setuid programs, ids put aside, device nodes",
        *(STOPPED, STOPPED, STOPPED),
        _escape("setuid_program", "root_again", "setuid_copy", "device_made"),
    ),
    Promise(
        "what outlives a process: shared memory, semaphores and queues of System V and POSIX, keys",
        *(STOPPED, STOPPED, STOPPED),
        _escape("shared_memory", "semaphore", "queue", "named_queue", "kernel_key"),
    ),
    Promise(
        "rare corners of the kernel: bpf, io_uring, perf events, userfaultfd, file handles",
        *(STOPPED, STOPPED, STOPPED),
        (
            *_escape("bpf", "io_uring", "perf_events", "userfaultfd", "file_by_handle", "run_from_memory"),
            "sandbox/test_seccomp.py::test_calls_of_kernels_to_come_do_not_exist",
        ),
    ),
    Promise(
        "faults of the kernel in what programs may call; side channels of the processor",
        *(NOT, NOT, NOT),
        (),
    ),
    Promise(
        "what it inherits: environment, descriptors, standard input",
        *(STOPPED, STOPPED, STOPPED),
        _escape("environment", "descriptors"),
    ),
    Promise(
        "traps in its folder: links, closed and deeply nested folders, odd names",
        *(STOPPED, STOPPED, STOPPED),
        (
            *_resources("locked_folder", "deep_folders", "sparse_file"),
            *_escape("link_out_of_the_folder", "folder_replaced_by_a_link"),
        ),
    ),
)
