import Bytes
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import NIOCore

/// How many event loops to run: one per processor that this process may use. A process pinned to one core gains nothing
/// from a second loop, and pays for the switching.
public enum EventLoopCount {
    public static var available: Int {
        #if os(Linux)
            // The affinity mask, as `sched_getaffinity` is hidden from Swift by a feature macro of glibc.
            if let usable = processorsAllowed(inStatus: processStatus()) { return max(1, min(usable, System.coreCount)) }
        #endif
        return max(1, System.coreCount)
    }

    /// Counts what `Cpus_allowed_list:` of `/proc/self/status` names: `0-3,6` are five.
    static func processorsAllowed(inStatus status: String) -> Int? {
        guard let line = status.fields(at: "\n").lazy.compactMap({ $0.afterBytes(of: "Cpus_allowed_list:") }).first
        else { return nil }
        var count = 0
        for range in line.trimmedOfOptionalWhitespace.fields(at: ",") {
            let ends = range.fields(at: "-").map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else { return nil }
            count += last - first + 1
        }
        return count > 0 ? count : nil
    }

    #if os(Linux)
        private static func processStatus() -> String {
            guard let file = fopen("/proc/self/status", "r") else { return "" }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 8192)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    #endif
}
