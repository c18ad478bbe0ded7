import Bytes
import Glibc

/// Gives the pages of the program that only its start needed back to the system.
///
/// The Swift runtime walks through most of the program once to find protocol conformances; the kernel maps what it touches,
/// and sixteen pages around it. They are clean pages of a file: what is needed again is mapped again, without reading a disk
/// as long as the file is in the page cache.
enum StartupPages {
    static func release() {
        guard let file = fopen("/proc/self/maps", "r") else { return }
        defer { fclose(file) }
        var program: ExactText?
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), file) != nil {
            // 55d0c0a00000-55d0c0b00000 r-xp 00000000 fe:00 1234   /usr/bin/dextra
            let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let fields = text.fields(at: " ")
            guard fields.count >= 6, fields[1].startsWithBytes(of: "r"), !fields[1].containsByte("w") else { continue }
            let path = fields[5...].joined(separator: " ").exact
            // The first mapping of all is the program's own.
            if program == nil { program = path }
            let ends = fields[0].fields(at: "-").compactMap { UInt($0, radix: 16) }
            guard path == program, ends.count == 2, let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else {
                continue
            }
            // Private pages that were written to are not among these: relocated data is mapped writable or was made so.
            if fields[1].containsByte("x") { _ = madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED) }
        }
    }
}
