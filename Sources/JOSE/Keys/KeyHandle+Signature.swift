import COpenSSL

struct SignatureFailure: Error {
    let cause: OpenSSLFailure
}

extension KeyHandle {
    /// A signature in the form of RFC 7518 §3.3–3.5 and RFC 8037 §3.1. The caller has matched algorithm and key.
    func sign(_ message: [UInt8], with algorithm: SignatureAlgorithm) throws(SignatureFailure) -> [UInt8] {
        if algorithm == .EdDSA { return try signUnhashed(message) }
        guard let context = contexts.take(.signing, algorithm, of: pointer) else { throw SignatureFailure(cause: .take()) }
        let hash = algorithm.hash.hash(message)
        let signature = try filled { buffer, length in
            EVP_PKEY_sign(context.pointer, buffer, &length, hash, hash.count)
        }
        contexts.putBack(context)
        guard case .ec(let curve) = specification else { return signature }
        return try rawSignature(fromDER: signature, curve: curve)
    }

    /// Whether the signature, in the form that `sign` makes, is right. The caller has matched algorithm and key.
    func verify(_ signature: [UInt8], of message: some Collection<UInt8>, with algorithm: SignatureAlgorithm) -> Bool {
        let encoded: [UInt8]
        switch specification {
        case .ec(let curve):
            guard let der = derSignature(fromRaw: signature, curve: curve) else { return false }
            encoded = der
        case .rsa, .ed25519:
            // RFC 8017 §8.1.2 and §8.2.2, step 1: exactly as long as the modulus.
            guard signature.count == Int(EVP_PKEY_get_size(pointer)) else { return false }
            encoded = signature
        }
        let isRight = algorithm == .EdDSA ? isRightUnhashed(encoded, Array(message)) : isRight(encoded, message, algorithm)
        // A refused signature leaves entries that the next failure must not show.
        if !isRight { ERR_clear_error() }
        return isRight
    }

    private func isRight(_ signature: [UInt8], _ message: some Collection<UInt8>, _ algorithm: SignatureAlgorithm) -> Bool {
        guard let context = contexts.take(.verifying, algorithm, of: pointer) else { return false }
        let hash = algorithm.hash.hash(message)
        let result = EVP_PKEY_verify(context.pointer, signature, signature.count, hash, hash.count)
        // 0 is a wrong signature, less is a failure.
        if result >= 0 { contexts.putBack(context) }
        return result == 1
    }

    // MARK: Ed25519, which takes the whole message

    private func signUnhashed(_ message: [UInt8]) throws(SignatureFailure) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw SignatureFailure(cause: .take()) }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, nil, nil, pointer) == 1 else { throw SignatureFailure(cause: .take()) }
        return try filled { buffer, length in EVP_DigestSign(context, buffer, &length, message, message.count) }
    }

    private func isRightUnhashed(_ signature: [UInt8], _ message: [UInt8]) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, pointer) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }

    /// As many bytes as `make` says.
    private func filled(
        _ make: (UnsafeMutablePointer<UInt8>?, inout Int) -> Int32
    ) throws(SignatureFailure) -> [UInt8] {
        var length = Int(EVP_PKEY_get_size(pointer))
        var isSigned = false
        let signature = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            isSigned = make(buffer.baseAddress, &length) == 1
            count = isSigned ? length : 0
        }
        guard isSigned else { throw SignatureFailure(cause: .take()) }
        return signature
    }

    // MARK: ECDSA: DER ↔ r ‖ s (RFC 7518 §3.4)

    private func rawSignature(fromDER der: [UInt8], curve: Curve) throws(SignatureFailure) -> [UInt8] {
        let parsed = der.withUnsafeBufferPointer { buffer in
            var cursor = buffer.baseAddress
            return d2i_ECDSA_SIG(nil, &cursor, buffer.count)
        }
        guard let parsed else { throw SignatureFailure(cause: .take()) }
        defer { ECDSA_SIG_free(parsed) }
        let half = curve.byteCount
        let raw = [UInt8](unsafeUninitializedCapacity: 2 * half) { buffer, count in
            guard let start = buffer.baseAddress,
                BN_bn2binpad(ECDSA_SIG_get0_r(parsed), start, Int32(half)) == Int32(half),
                BN_bn2binpad(ECDSA_SIG_get0_s(parsed), start + half, Int32(half)) == Int32(half)
            else { return }
            count = 2 * half
        }
        guard raw.count == 2 * half else { throw SignatureFailure(cause: .take()) }
        return raw
    }

    /// `nil` unless the length is exactly right. Zero and too large halves are for OpenSSL to refuse.
    private func derSignature(fromRaw raw: [UInt8], curve: Curve) -> [UInt8]? {
        let half = curve.byteCount
        guard raw.count == 2 * half, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let (r, s) = raw.withUnsafeBufferPointer { buffer in
            (
                BN_bin2bn(buffer.baseAddress, Int32(half), nil),
                BN_bin2bn(buffer.baseAddress.map { $0 + half }, Int32(half), nil)
            )
        }
        guard let r, let s, ECDSA_SIG_set0(signature, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        let length = Int(i2d_ECDSA_SIG(signature, nil))
        guard length > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            var cursor = buffer.baseAddress
            count = Int(max(i2d_ECDSA_SIG(signature, &cursor), 0))
        }
    }
}
