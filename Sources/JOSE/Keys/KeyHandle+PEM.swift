import COpenSSL

extension KeyHandle {
    /// PKCS#1, PKCS#8 and SEC1, encrypted or not. Reads the first key, never from a terminal.
    convenience init(privatePEM text: String, passphrase: String?) throws(KeyError) {
        let bio = try MemoryBIO(reading: text)
        var answer = PassphraseAnswer(passphrase: passphrase.map { Array($0.utf8) })
        let key = bio.read { bio in
            withUnsafeMutablePointer(to: &answer) { PEM_read_bio_PrivateKey(bio, nil, answerPassphrase, $0) }
        }
        guard let key else {
            let failure = OpenSSLFailure.take()
            guard answer.wasAsked else { throw .malformedPEM(failure) }
            throw passphrase == nil ? .passphraseRequired : .wrongPassphrase
        }
        ERR_clear_error()
        try self.init(adopting: key)
    }

    /// SubjectPublicKeyInfo ("PUBLIC KEY").
    convenience init(publicPEM text: String) throws(KeyError) {
        let bio = try MemoryBIO(reading: text)
        var answer = PassphraseAnswer(passphrase: nil)
        let key = bio.read { bio in
            withUnsafeMutablePointer(to: &answer) { PEM_read_bio_PUBKEY(bio, nil, answerPassphrase, $0) }
        }
        guard let key else { throw .malformedPEM(.take()) }
        ERR_clear_error()
        try self.init(adopting: key)
    }

    /// PKCS#8; with a passphrase under PBKDF2 and AES-256-CBC.
    func privatePEM(passphrase: String?) throws(KeyError) -> String {
        let bio = try MemoryBIO()
        let isWritten: Bool
        if let passphrase {
            // An empty one would be written without a complaint, and be no protection.
            guard !passphrase.isEmpty else { throw .passphraseRequired }
            let bytes = passphrase.utf8.map { CChar(bitPattern: $0) }
            isWritten =
                PEM_write_bio_PKCS8PrivateKey(
                    bio.pointer, pointer, EVP_aes_256_cbc(), bytes, Int32(clamping: bytes.count), nil, nil) == 1
        } else {
            isWritten = PEM_write_bio_PKCS8PrivateKey(bio.pointer, pointer, nil, nil, 0, nil, nil) == 1
        }
        guard isWritten else { throw .failed(.take()) }
        return bio.text()
    }

    func publicPEM() throws(KeyError) -> String {
        let bio = try MemoryBIO()
        guard PEM_write_bio_PUBKEY(bio.pointer, pointer) == 1 else { throw .failed(.take()) }
        return bio.text()
    }
}

/// What the callback finds behind its `userdata`.
private struct PassphraseAnswer {
    let passphrase: [UInt8]?
    var wasAsked = false
}

/// Without a callback of ours OpenSSL would ask on the terminal and block.
private func answerPassphrase(
    buffer: UnsafeMutablePointer<CChar>?, size: Int32, isForWriting: Int32, userdata: UnsafeMutableRawPointer?
) -> Int32 {
    guard let answer = userdata?.assumingMemoryBound(to: PassphraseAnswer.self), let buffer else { return -1 }
    answer.pointee.wasAsked = true
    guard let passphrase = answer.pointee.passphrase, passphrase.count <= Int(size) else { return -1 }
    UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)).copyBytes(from: passphrase)
    return Int32(passphrase.count)
}

/// A BIO over memory, freed with its owner.
private final class MemoryBIO {
    let pointer: OpaquePointer

    init() throws(KeyError) {
        // The "secure" kind wipes its memory when it is freed.
        guard let bio = BIO_new(BIO_s_secmem()) else { throw .failed(.take()) }
        pointer = bio
    }

    init(reading text: String) throws(KeyError) {
        guard let bio = BIO_new(BIO_s_secmem()) else { throw .failed(.take()) }
        pointer = bio
        let bytes = Array(text.utf8)
        // Writing nothing is an error to OpenSSL; reading from what is empty fails as it should.
        guard bytes.isEmpty || BIO_write(bio, bytes, Int32(clamping: bytes.count)) == bytes.count else {
            throw .failed(.take())
        }
    }

    /// Keeps the BIO alive for as long as OpenSSL reads, which `pointer` alone would not.
    func read<T>(_ body: (OpaquePointer) -> T) -> T {
        withExtendedLifetime(self) { body(pointer) }
    }

    func text() -> String {
        var start: UnsafeMutablePointer<UInt8>?
        let length = withUnsafeMutablePointer(to: &start) { BIO_ctrl(pointer, BIO_CTRL_INFO, 0, $0) }
        return String(decoding: UnsafeBufferPointer(start: start, count: max(length, 0)), as: UTF8.self)
    }

    deinit {
        BIO_free_all(pointer)
    }
}
