import COpenSSL

/// AES-256 in Galois/counter mode (NIST SP 800-38D) over OpenSSL.
struct AES256GCM {
    static let nonceCount = 12
    static let tagCount = 16

    /// 32 bytes.
    let key: [UInt8]

    /// Ciphertext, as long as the plaintext, and tag.
    func seal(_ plaintext: [UInt8], nonce: [UInt8], authenticating data: some Sequence<UInt8>) -> [UInt8] {
        precondition(key.count == 32 && nonce.count == AES256GCM.nonceCount, "made by Sealer")
        let data = Array(data)
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        let total = plaintext.count + AES256GCM.tagCount
        return [UInt8](unsafeUninitializedCapacity: total) { output, count in
            var length: Int32 = 0
            guard let start = output.baseAddress,
                EVP_EncryptInit_ex2(context, FetchedCipher.aes256GCM.pointer, key, nonce, nil) == 1,
                EVP_EncryptUpdate(context, nil, &length, data, Int32(data.count)) == 1,
                EVP_EncryptUpdate(context, start, &length, plaintext, Int32(plaintext.count)) == 1,
                EVP_EncryptFinal_ex(context, start + plaintext.count, &length) == 1,
                EVP_CIPHER_CTX_ctrl(
                    context, EVP_CTRL_AEAD_GET_TAG, Int32(AES256GCM.tagCount), start + plaintext.count) == 1
            else {
                // Nothing in the input can cause this, and there is no unencrypted way to go on.
                fatalError("encryption failed, out of memory? \(OpenSSLFailure.take())")
            }
            count = total
        }
    }

    /// `nil` unless the tag is right.
    func open(_ sealed: [UInt8], nonce: [UInt8], authenticating data: some Sequence<UInt8>) -> [UInt8]? {
        guard sealed.count >= AES256GCM.tagCount, nonce.count == AES256GCM.nonceCount else { return nil }
        let data = Array(data)
        let textCount = sealed.count - AES256GCM.tagCount
        var tag = Array(sealed[textCount...])
        let context = EVP_CIPHER_CTX_new()
        defer {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
        }
        var isAuthentic = false
        // One byte more than needed, as OpenSSL takes a null output to mean additional data.
        let plaintext = [UInt8](unsafeUninitializedCapacity: textCount + 1) { output, count in
            var length: Int32 = 0
            guard let start = output.baseAddress,
                EVP_DecryptInit_ex2(context, FetchedCipher.aes256GCM.pointer, key, nonce, nil) == 1,
                EVP_DecryptUpdate(context, nil, &length, data, Int32(data.count)) == 1,
                EVP_DecryptUpdate(context, start, &length, sealed, Int32(textCount)) == 1,
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(AES256GCM.tagCount), &tag) == 1,
                EVP_DecryptFinal_ex(context, start + textCount, &length) == 1
            else { return }
            isAuthentic = true
            count = textCount
        }
        return isAuthentic ? plaintext : nil
    }
}

private struct FetchedCipher: Sendable {
    // Safe to share: a fetched EVP_CIPHER is immutable and reference counted atomically. Lives as long as the process.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Looked up once: the lookup costs more than sealing a cookie.
    static let aes256GCM = FetchedCipher("AES-256-GCM")

    private init(_ name: String) {
        guard let cipher = EVP_CIPHER_fetch(nil, name, nil) else {
            fatalError("this OpenSSL has no \(name): \(OpenSSLFailure.take())")
        }
        pointer = cipher
    }
}
