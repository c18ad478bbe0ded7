import Glibc

/// A bounded number of threads with a bounded queue, for work that must not run on an event loop: password hashing,
/// signatures, directories, SQL.
///
/// Threads start when there is work for them, so that a pool that is never used costs nothing, and stay until the process ends.
public final class WorkerPool: Sendable {
    public let name: String
    private let shared: Shared

    /// - Parameters:
    ///   - name: names the pool in metrics and errors.
    ///   - threads: how many pieces of work run at once; at least 1.
    ///   - queueLimit: how many more may wait; past that ``run(_:)`` throws ``WorkerPoolFull`` at once.
    ///   - niceness: added to the threads' nice value (0…19), so that a crowd in this pool does not slow others down.
    public init(name: String, threads: Int, queueLimit: Int, niceness: Int32 = 0) {
        self.name = name
        self.shared = Shared(threads: max(1, threads), queueLimit: max(0, queueLimit), niceness: niceness)
    }

    deinit {
        shared.stop()
    }

    /// The number of pieces of work that wait for a thread.
    public var queueDepth: Int { shared.queueDepth }

    /// Runs `work` on one of the pool's threads.
    /// - Throws: ``WorkerPoolFull`` when the queue has no room, else what `work` throws.
    public func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withUnsafeThrowingContinuation { continuation in
            let accepted = shared.enqueue { continuation.resume(with: Result(catching: work)) }
            if !accepted { continuation.resume(throwing: WorkerPoolFull(pool: name)) }
        }
    }
}

/// What the threads share. `@unchecked Sendable`: every mutable property is read and written with `mutex` held.
private final class Shared: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let threadLimit: Int
    private let queueLimit: Int
    private let niceness: Int32
    private var queue: [@Sendable () -> Void] = []
    private var head = 0
    private var started = 0
    private var idle = 0
    private var stopping = false

    init(threads: Int, queueLimit: Int, niceness: Int32) {
        threadLimit = threads
        self.queueLimit = queueLimit
        self.niceness = niceness
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    var queueDepth: Int {
        locked { queue.count - head }
    }

    func enqueue(_ job: @escaping @Sendable () -> Void) -> Bool {
        locked {
            let waiting = queue.count - head
            // A job that an idle or new thread takes at once doesn't count against the queue.
            if waiting >= queueLimit + idle + (threadLimit - started) { return false }
            queue.append(job)
            if idle > waiting {
                pthread_cond_signal(condition)
            } else if started < threadLimit {
                startThread()
            }
            return true
        }
    }

    func stop() {
        locked {
            stopping = true
            pthread_cond_broadcast(condition)
        }
    }

    private func startThread() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().work()
                return nil
            }, context)
        if status == 0 {
            started += 1
            pthread_detach(thread)
        } else {
            Unmanaged<Shared>.fromOpaque(context).release()
        }
    }

    private func work() {
        // On Linux a nice value belongs to the thread, and 0 names the calling one.
        if niceness != 0 { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
        while let job = next() { job() }
    }

    private func next() -> (@Sendable () -> Void)? {
        locked {
            while head == queue.count {
                if stopping { return nil }
                idle += 1
                pthread_cond_wait(condition, mutex)
                idle -= 1
            }
            let job = queue[head]
            head += 1
            if head == queue.count {
                queue.removeAll(keepingCapacity: queue.capacity <= 64)
                head = 0
            } else if head >= 1024 {
                queue.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    private func locked<Value>(_ body: () -> Value) -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
