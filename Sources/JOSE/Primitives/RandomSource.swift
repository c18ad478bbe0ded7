import COpenSSL

/// Where unpredictable bytes come from. Passed in, so that tests can repeat them.
public protocol RandomSource: Sendable {
    func bytes(_ count: Int) -> [UInt8]
}

/// OpenSSL's generator, seeded by the system: the only source outside of tests.
public struct SystemRandom: RandomSource {
    public init() {}

    /// Stops the program if the system has no randomness: going on with guessable secrets would be worse.
    public func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard count > 0 else { return }
            guard RAND_bytes_ex(nil, buffer.baseAddress, count, 0) == 1 else {
                fatalError("the system's random generator failed: \(OpenSSLFailure.take())")
            }
            initialized = count
        }
    }
}
