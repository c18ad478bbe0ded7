import COpenSSL

/// Owns one `EVP_PKEY` of an accepted kind, private or public.
final class KeyHandle: Sendable {
    // Safe to share: after its creation an EVP_PKEY is only read. OpenSSL documents concurrent signing and
    // verifying with one key as safe; its caches and reference count are locked inside.
    nonisolated(unsafe) let pointer: OpaquePointer
    let specification: KeySpecification
    let contexts = SignatureContexts()
    /// See ``PublicKey/verifiesQuickly``.
    let verifiesQuickly: Bool

    /// Takes over the key, also when it refuses it.
    init(adopting pointer: OpaquePointer) throws(KeyError) {
        do throws(KeyError) {
            specification = try KeyHandle.specification(of: pointer)
        } catch {
            EVP_PKEY_free(pointer)
            throw error
        }
        self.pointer = pointer
        verifiesQuickly = KeyHandle.verifiesQuickly(pointer, specification)
    }

    private static func verifiesQuickly(_ key: OpaquePointer, _ specification: KeySpecification) -> Bool {
        guard case .rsa(bits: ...3072) = specification else { return false }
        var exponent: OpaquePointer?
        guard EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 else { return false }
        defer { BN_free(exponent) }
        return BN_num_bits(exponent) <= 17
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    private static func specification(of key: OpaquePointer) throws(KeyError) -> KeySpecification {
        if EVP_PKEY_is_a(key, "RSA") == 1 {
            let bits = Int(EVP_PKEY_get_bits(key))
            guard KeySpecification.rsaBits.contains(bits) else { throw .unacceptableSize(bits: bits) }
            return .rsa(bits: bits)
        }
        if EVP_PKEY_is_a(key, "EC") == 1 {
            // Explicit parameters instead of a name have hidden forged generators (CVE-2020-0601).
            var explicit: Int32 = 0
            EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit)
            guard explicit == 0, let group = groupName(of: key) else {
                throw .unsupported("EC key with explicit parameters")
            }
            guard let curve = Curve(groupName: group) else { throw .unsupported("EC key on \(group)") }
            return .ec(curve)
        }
        if EVP_PKEY_is_a(key, "ED25519") == 1 { return .ed25519 }
        let name = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
        throw .unsupported("\(name) key")
    }

    private static func groupName(of key: OpaquePointer) -> String? {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return nil }
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: Parts

    /// A number of the key, big endian; without leading zeros, or filled up to `length` bytes.
    func number(_ name: String, length: Int? = nil) throws(KeyError) -> [UInt8] {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, name, &number) == 1, let number else {
            throw .failed(OpenSSLFailure.take())
        }
        defer { BN_clear_free(number) }
        let count = length ?? Int(BN_num_bits(number) + 7) / 8
        var isComplete = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            isComplete = BN_bn2binpad(number, buffer.baseAddress, Int32(count)) == Int32(count)
            initialized = isComplete ? count : 0
        }
        guard isComplete else { throw .failed(OpenSSLFailure.take()) }
        return bytes
    }

    func rawPublicKey() throws(KeyError) -> [UInt8] {
        try raw { EVP_PKEY_get_raw_public_key(pointer, $0, &$1) }
    }

    func rawPrivateKey() throws(KeyError) -> [UInt8] {
        try raw { EVP_PKEY_get_raw_private_key(pointer, $0, &$1) }
    }

    private func raw(_ read: (UnsafeMutablePointer<UInt8>?, inout Int) -> Int32) throws(KeyError) -> [UInt8] {
        var isComplete = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            var length = 32
            isComplete = read(buffer.baseAddress, &length) == 1
            count = isComplete ? length : 0
        }
        guard isComplete else { throw .failed(OpenSSLFailure.take()) }
        return bytes
    }
}
