import COpenSSL
import Synchronization

/// An `EVP_PKEY_CTX` that is set up for one use of one key.
final class SignatureContext: Sendable {
    enum Use: Sendable {
        case signing
        case verifying
    }

    // Safe to share: whoever took it from the shelf is the only one who has it.
    nonisolated(unsafe) let pointer: OpaquePointer
    let use: Use
    let algorithm: SignatureAlgorithm

    /// Nil if OpenSSL will not; its error queue says why. Not for EdDSA, which hashes by itself.
    init?(_ use: Use, _ algorithm: SignatureAlgorithm, of key: OpaquePointer) {
        guard let pointer = EVP_PKEY_CTX_new(key, nil) else { return nil }
        self.pointer = pointer
        self.use = use
        self.algorithm = algorithm
        let isBegun =
            switch use {
            case .signing: EVP_PKEY_sign_init(pointer) == 1
            case .verifying: EVP_PKEY_verify_init(pointer) == 1
            }
        guard isBegun, EVP_PKEY_CTX_set_signature_md(pointer, algorithm.hash.digest) == 1, setPadding() else { return nil }
    }

    private func setPadding() -> Bool {
        switch algorithm {
        case .RS256, .RS384, .RS512: EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_PADDING) == 1
        case .PS256, .PS384, .PS512:
            // RFC 7518 §3.5: the salt is as long as the hash, MGF1 uses the same hash (OpenSSL's default).
            EVP_PKEY_CTX_set_rsa_padding(pointer, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(pointer, RSA_PSS_SALTLEN_DIGEST) == 1
        default: true
        }
    }

    deinit { EVP_PKEY_CTX_free(pointer) }
}

/// The contexts of one key that nobody uses at the moment: to set one up costs a good part of checking an RSA signature.
final class SignatureContexts: Sendable {
    /// More than threads that sign or verify at once are of no use, and a few hundred bytes each.
    static let limit = 16

    private let idle = Mutex<[SignatureContext]>([])

    var count: Int { idle.withLock { $0.count } }

    /// One that lies here, or a new one. Nil if OpenSSL will not.
    func take(_ use: SignatureContext.Use, _ algorithm: SignatureAlgorithm, of key: OpaquePointer) -> SignatureContext? {
        let found = idle.withLock { idle -> SignatureContext? in
            guard let index = idle.lastIndex(where: { $0.use == use && $0.algorithm == algorithm }) else { return nil }
            return idle.remove(at: index)
        }
        return found ?? SignatureContext(use, algorithm, of: key)
    }

    /// Puts back one that served its purpose; one that failed in an unforeseen way must not come back.
    func putBack(_ context: SignatureContext) {
        idle.withLock { if $0.count < Self.limit { $0.append(context) } }
    }
}
