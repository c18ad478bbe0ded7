import Glibc

/// How the kernel takes turns between the threads of this process (sched(7)).
///
/// A request walks through several threads: one reads sockets, some decide and sign, one writes the database. With the normal
/// policy each wake-up interrupts whoever is running, on a busy processor several times for each request. With the batch
/// policy the running thread goes on until it has nothing left to do, and the next one finds the work of many requests.
public enum Scheduling {
    /// For the calling thread and all threads that it starts. Refused by some containers, and then left as it is: only speed
    /// depends on it.
    public static func batch() {
        set(3)
    }

    /// For the calling thread: it interrupts batch threads when it wakes up, as a thread that others wait for should.
    public static func prompt() {
        set(SCHED_OTHER)
    }

    /// `SCHED_BATCH` is 3 on Linux; glibc shows the name only to GNU sources.
    private static func set(_ policy: Int32) {
        var parameters = sched_param()
        parameters.sched_priority = 0
        _ = sched_setscheduler(0, policy, &parameters)
    }
}
