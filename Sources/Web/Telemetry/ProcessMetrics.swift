import Bytes
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Metrics {
    /// Adds `dex_build_info` and the `process_*` family that dashboards expect of every service.
    public func addProcess(version: String, startedAt: Int64 = WallClock.system.seconds) {
        gauge(
            "dex_build_info", help: "Always 1; the labels say what runs.",
            labels: [("version", version), ("go_version", ""), ("platform", Self.platform)]
        ) { 1 }
        gauge("process_start_time_seconds", help: "Start of the process, seconds since 1970.") { Double(startedAt) }
        collect { output in
            output.family("process_cpu_seconds_total", .counter, help: "Processor time used, in seconds.")
            output.sample("process_cpu_seconds_total", [], Self.processorSeconds())
        }
        gauge("process_max_fds", help: "How many files may be open.") { Double(FileLimit.openFiles) }
        #if os(Linux)
            gauge("process_resident_memory_bytes", help: "Resident memory.") {
                Self.memoryPages(1).map { $0 * Double(getpagesize()) }
            }
            gauge("process_virtual_memory_bytes", help: "Virtual memory.") {
                Self.memoryPages(0).map { $0 * Double(getpagesize()) }
            }
            gauge("process_open_fds", help: "Open files.") { Self.openFiles() }
        #endif
    }

    private static var platform: String {
        #if arch(x86_64)
            let machine = "amd64"
        #elseif arch(arm64)
            let machine = "arm64"
        #else
            let machine = "other"
        #endif
        #if os(Linux)
            return "linux/\(machine)"
        #else
            return "darwin/\(machine)"
        #endif
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    #if os(Linux)
        /// `/proc/self/statm`: total, resident, … in pages.
        private static func memoryPages(_ index: Int) -> Double? {
            guard let file = fopen("/proc/self/statm", "r") else { return nil }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 256)
            let count = fread(&bytes, 1, bytes.count, file)
            let numbers = String(decoding: bytes.prefix(count), as: UTF8.self).fields(at: " ")
            return index < numbers.count ? Double(numbers[index]) : nil
        }

        private static func openFiles() -> Double? {
            guard let directory = opendir("/proc/self/fd") else { return nil }
            defer { closedir(directory) }
            var count = 0
            while readdir(directory) != nil { count += 1 }
            // Without `.`, `..` and the directory that is being read.
            return Double(count - 3)
        }
    #endif
}
