import COpenSSL

/// A hash function. SHA-1 is here for the one-time passwords of RFC 4226 and signs nothing.
public enum HashAlgorithm: Sendable, Hashable, CaseIterable {
    case sha1
    case sha256
    case sha384
    case sha512

    /// Bytes in a hash.
    public var byteCount: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    public func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
        bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { hash($0) }
    }

    /// HMAC (RFC 2104) of the message under the key.
    public func hmac(_ message: some Collection<UInt8>, key: [UInt8]) -> [UInt8] {
        message.withContiguousStorageIfAvailable { hmac(UnsafeRawBufferPointer($0), key: key) }
            ?? Array(message).withUnsafeBytes { hmac($0, key: key) }
    }

    private func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            var length: UInt32 = 0
            guard EVP_Digest(bytes.baseAddress, bytes.count, output.baseAddress, &length, digest, nil) == 1 else {
                fatalError("hashing failed, out of memory? \(OpenSSLFailure.take())")
            }
            count = Int(length)
        }
    }

    private func hmac(_ message: UnsafeRawBufferPointer, key: [UInt8]) -> [UInt8] {
        // OpenSSL takes a null pointer to mean that the key is set already, so an empty key needs an address.
        let addressableKey = key.isEmpty ? [0] : key
        return [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
            let result = EVP_Q_mac(
                nil, "HMAC", nil, name, nil,
                addressableKey, key.count,
                message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count,
                output.baseAddress, byteCount, &count)
            guard result != nil else {
                fatalError("HMAC failed, out of memory? \(OpenSSLFailure.take())")
            }
        }
    }

    var name: String {
        switch self {
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        case .sha512: "SHA512"
        }
    }

    /// OpenSSL's implementation, looked up once: the lookup costs more than hashing a token.
    var digest: OpaquePointer {
        switch self {
        case .sha1: FetchedDigest.sha1.pointer
        case .sha256: FetchedDigest.sha256.pointer
        case .sha384: FetchedDigest.sha384.pointer
        case .sha512: FetchedDigest.sha512.pointer
        }
    }
}

private struct FetchedDigest: Sendable {
    // Safe to share: a fetched EVP_MD is immutable and reference counted atomically. Lives as long as the process.
    nonisolated(unsafe) let pointer: OpaquePointer

    static let sha1 = FetchedDigest("SHA1")
    static let sha256 = FetchedDigest("SHA256")
    static let sha384 = FetchedDigest("SHA384")
    static let sha512 = FetchedDigest("SHA512")

    private init(_ name: String) {
        guard let digest = EVP_MD_fetch(nil, name, nil) else {
            fatalError("this OpenSSL has no \(name): \(OpenSSLFailure.take())")
        }
        pointer = digest
    }
}
