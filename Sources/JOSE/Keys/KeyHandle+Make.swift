import COpenSSL

extension KeyHandle {
    static func generate(_ specification: KeySpecification) throws(KeyError) -> KeyHandle {
        let type =
            switch specification {
            case .rsa: "RSA"
            case .ec: "EC"
            case .ed25519: "ED25519"
            }
        if case .rsa(let bits) = specification, !KeySpecification.rsaBits.contains(bits) {
            throw .unacceptableSize(bits: bits)
        }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw .failed(OpenSSLFailure.take()) }
        defer { EVP_PKEY_CTX_free(context) }
        var isReady = EVP_PKEY_keygen_init(context) == 1
        switch specification {
        case .rsa(let bits): isReady = isReady && EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1
        case .ec(let curve): isReady = isReady && EVP_PKEY_CTX_set_group_name(context, curve.groupName) == 1
        case .ed25519: break
        }
        var key: OpaquePointer?
        guard isReady, EVP_PKEY_generate(context, &key) == 1, let key else { throw .failed(OpenSSLFailure.take()) }
        return try KeyHandle(adopting: key)
    }

    /// One member of the key material that OpenSSL is to assemble.
    enum Part {
        case number(String, [UInt8])
        case bytes(String, [UInt8])
        case text(String, String)
    }

    enum Half {
        case publicKey
        case keyPair

        var selection: Int32 {
            switch self {
            case .publicKey: OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
            case .keyPair:
                OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
                    | OSSL_KEYMGMT_SELECT_PRIVATE_KEY
            }
        }
    }

    /// Makes a key of its parts and checks that the public part is valid by itself.
    static func assemble(_ type: String, _ half: Half, _ parts: [Part]) throws(KeyError) -> KeyHandle {
        guard let builder = OSSL_PARAM_BLD_new() else { throw .failed(OpenSSLFailure.take()) }
        defer { OSSL_PARAM_BLD_free(builder) }
        // Builder and parameters point to names and values, so these live in memory that stays where it is.
        let memory = SecretArena()
        var numbers: [OpaquePointer] = []
        defer { for number in numbers { BN_clear_free(number) } }
        for part in parts {
            let isPushed: Bool
            switch part {
            case .number(let name, let bytes):
                guard let number = BN_bin2bn(bytes, Int32(clamping: bytes.count), nil) else {
                    throw .failed(OpenSSLFailure.take())
                }
                numbers.append(number)
                isPushed = OSSL_PARAM_BLD_push_BN(builder, memory.keep(name), number) == 1
            case .bytes(let name, let bytes):
                isPushed =
                    OSSL_PARAM_BLD_push_octet_string(
                        builder, memory.keep(name), memory.keep(bytes), bytes.count) == 1
            case .text(let name, let text):
                isPushed = OSSL_PARAM_BLD_push_utf8_string(builder, memory.keep(name), memory.keep(text), 0) == 1
            }
            guard isPushed else { throw .failed(OpenSSLFailure.take()) }
        }
        guard let parameters = OSSL_PARAM_BLD_to_param(builder) else { throw .failed(OpenSSLFailure.take()) }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { throw .failed(OpenSSLFailure.take()) }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        let isMade = withExtendedLifetime(memory) {
            EVP_PKEY_fromdata_init(context) == 1
                && EVP_PKEY_fromdata(context, &key, half.selection, parameters) == 1
        }
        guard isMade, let key else { throw .inconsistent(OpenSSLFailure.take()) }
        let handle = try KeyHandle(adopting: key)
        try handle.checkPublicPart()
        return handle
    }

    /// A point on the curve, a sane RSA modulus and exponent.
    func checkPublicPart() throws(KeyError) {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else {
            throw .failed(OpenSSLFailure.take())
        }
        defer { EVP_PKEY_CTX_free(context) }
        // The quick check skips the primality tests on RSA moduli, which take seconds for large ones.
        guard EVP_PKEY_public_check_quick(context) == 1 else { throw .inconsistent(OpenSSLFailure.take()) }
    }

    /// That the private part makes signatures that the public part accepts: found out now, not at the first login.
    func checkPair() throws(KeyError) {
        try checkPublicPart()
        try checkSignature()
    }

    func checkSignature() throws(KeyError) {
        guard let algorithm = specification.algorithms.first else { return }
        let probe: [UInt8] = Array("key check".utf8)
        do throws(SignatureFailure) {
            let signature = try sign(probe, with: algorithm)
            guard verify(signature, of: probe, with: algorithm) else { throw SignatureFailure(cause: .take()) }
        } catch {
            throw .inconsistent(error.cause)
        }
    }
}
