#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif
import Synchronization

/// Where log lines go: each whole, one behind the other.
public final class LogOutput: Sendable {
    private let lock = Mutex(())
    private let write: @Sendable (String) -> Void

    /// - Parameter write: gets one line at a time, its line break included.
    public init(write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    /// Standard error, without a buffer: what was logged is seen even if the process dies next.
    public static let standardError = LogOutput(write: writeToStandardError)

    func send(_ line: String) {
        lock.withLock { _ in write(line) }
    }
}

private func writeToStandardError(_ line: String) {
    var line = line
    line.withUTF8 { bytes in
        var rest = UnsafeRawBufferPointer(bytes)
        while let start = rest.baseAddress, rest.count > 0 {
            let written = write(STDERR_FILENO, start, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }
}
