import COpenSSL

/// Copies for C code that keeps pointers: they stay where they are until the arena goes, and are wiped then.
final class SecretArena {
    private var copies: [UnsafeMutableRawBufferPointer] = []

    func keep(_ bytes: [UInt8]) -> UnsafeMutableRawPointer? {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
        copy.copyBytes(from: bytes)
        copy[bytes.count] = 0
        copies.append(copy)
        return copy.baseAddress
    }

    /// Ends with a NUL byte.
    func keep(_ text: String) -> UnsafePointer<CChar>? {
        keep(Array(text.utf8)).map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
    }

    deinit {
        for copy in copies {
            OPENSSL_cleanse(copy.baseAddress, copy.count)
            copy.deallocate()
        }
    }
}
