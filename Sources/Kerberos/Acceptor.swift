import Bytes
import CGSSAPI

/// Accepts tickets that browsers send (RFC 4559) with the keys of a keytab. Every call blocks: it reads the keytab and writes down
/// what must not come twice.
public struct Acceptor: Sendable {
    private let keytab: String
    private let principal: String?

    /// - Parameters:
    ///   - keytab: its path. It is read again for each ticket, so that a new key counts at once.
    ///   - principal: whose key is used, such as `HTTP/host@REALM`; nil for all that are in the file, for services `HTTP/…` alone.
    /// - Throws: when there is no such key.
    public init(keytab: String, principal: String?) throws(KerberosError) {
        self.keytab = keytab
        self.principal = principal
        _ = try Credential(keytab: keytab, principal: principal)
    }

    public func accept(_ token: [UInt8]) throws(KerberosError) -> Ticket {
        guard !token.starts(with: Array("NTLMSSP".utf8)) else {
            throw KerberosError(.rejected, "the browser has sent NTLM instead of a ticket")
        }
        let credential = try Credential(keytab: keytab, principal: principal)
        let context = try SecurityContext(accepting: token, with: credential)
        let (client, service) = (try context.client(), try context.service())
        if principal == nil, !service.name.asciiUppercased.startsWithBytes(of: "HTTP/") {
            throw KerberosError(.rejected, "the ticket is for \(service), which is no web server")
        }
        return Ticket(client: client, service: service, reply: context.reply)
    }
}

private struct Credential: ~Copyable {
    let handle: gss_cred_id_t?

    init(keytab: String, principal: String?) throws(KerberosError) {
        var handle: gss_cred_id_t?
        var minor: OM_uint32 = 0
        let major =
            principal.map { kerberos_acquire(&minor, keytab, $0, &handle) } ?? kerberos_acquire(&minor, keytab, nil, &handle)
        guard kerberos_failed(major) == 0 else {
            let whose = principal.map { " of \($0)" } ?? ""
            throw KerberosError(.unusableKeys, "the key\(whose) in \(keytab): \(words(major, minor))")
        }
        self.handle = handle
    }

    deinit {
        var minor: OM_uint32 = 0
        var handle = handle
        gss_release_cred(&minor, &handle)
    }
}

private struct SecurityContext: ~Copyable {
    private let handle: gss_ctx_id_t?
    private let source: gss_name_t?
    let reply: [UInt8]

    init(accepting token: [UInt8], with credential: borrowing Credential) throws(KerberosError) {
        var handle: gss_ctx_id_t?
        var source: gss_name_t?
        var output = gss_buffer_desc()
        var minor: OM_uint32 = 0
        var ignored: OM_uint32 = 0
        var isKerberos: Int32 = 0
        var isAnonymous: Int32 = 0
        let key = credential.handle
        let major = token.withUnsafeBytes { bytes in
            kerberos_accept(&minor, key, bytes.baseAddress, bytes.count, &handle, &source, &output, &isKerberos, &isAnonymous)
        }
        self.handle = handle
        self.source = source
        reply = Array(UnsafeRawBufferPointer(start: output.value, count: output.length))
        gss_release_buffer(&ignored, &output)
        guard kerberos_failed(major) == 0 else { throw KerberosError(.rejected, words(major, minor)) }
        // A browser that wants another round would have to come back to the same state; those with a ticket do not ask for one.
        guard kerberos_wants_more(major) == 0 else {
            throw KerberosError(.rejected, "the browser wants to negotiate more than Kerberos alone")
        }
        guard isKerberos != 0 else { throw KerberosError(.rejected, "another mechanism than Kerberos was used") }
        guard isAnonymous == 0 else { throw KerberosError(.rejected, "the ticket is nobody's") }
    }

    deinit {
        var minor: OM_uint32 = 0
        var (handle, source) = (handle, source)
        gss_delete_sec_context(&minor, &handle, nil)
        gss_release_name(&minor, &source)
    }

    func client() throws(KerberosError) -> Principal {
        try principal(source)
    }

    func service() throws(KerberosError) -> Principal {
        var minor: OM_uint32 = 0
        var target: gss_name_t?
        let major = kerberos_target(&minor, handle, &target)
        guard kerberos_failed(major) == 0 else { throw KerberosError(.rejected, words(major, minor)) }
        defer { gss_release_name(&minor, &target) }
        return try principal(target)
    }

    private func principal(_ name: gss_name_t?) throws(KerberosError) -> Principal {
        var minor: OM_uint32 = 0
        var buffer = gss_buffer_desc()
        let major = gss_display_name(&minor, name, &buffer, nil)
        guard kerberos_failed(major) == 0 else { throw KerberosError(.rejected, words(major, minor)) }
        defer { gss_release_buffer(&minor, &buffer) }
        guard let text = String(validating: UnsafeRawBufferPointer(start: buffer.value, count: buffer.length), as: UTF8.self),
            let principal = Principal(text)
        else { throw KerberosError(.rejected, "a name that has no place here") }
        return principal
    }
}

/// What GSSAPI says, and what Kerberos says besides.
private func words(_ major: OM_uint32, _ minor: OM_uint32) -> String {
    var all: [String] = []
    for (status, isMechanism) in [(major, false), (minor, true)] where status != 0 {
        var more: OM_uint32 = 0
        repeat {
            var ignored: OM_uint32 = 0
            var buffer = gss_buffer_desc()
            guard kerberos_failed(kerberos_words(&ignored, status, isMechanism ? 1 : 0, &more, &buffer)) == 0 else { break }
            let text = String(decoding: UnsafeRawBufferPointer(start: buffer.value, count: buffer.length), as: UTF8.self)
            gss_release_buffer(&ignored, &buffer)
            if !all.containsExactly(text), !text.startsWithBytes(of: "Unspecified GSS failure") { all.append(text) }
        } while more != 0
    }
    return all.isEmpty ? "refused" : all.joined(separator: ": ")
}
