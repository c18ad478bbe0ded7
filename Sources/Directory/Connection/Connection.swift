import Bytes
import CLDAP
import Synchronization

/// A connection to a directory server. Every call blocks, at most for the time limits of its settings.
///
/// `@unchecked Sendable`: it may go from thread to thread, and is used by one at a time; the pools see to that.
public final class Connection: @unchecked Sendable {
    public let endpoint: Endpoint
    let handle: OpaquePointer
    let settings: ConnectionSettings
    private let guarding: UnsafeMutablePointer<directory_guard>

    /// libldap prepares itself and its TLS library at first use, not quite safely for several threads.
    private static let preparing = Mutex(())

    /// Connects, and protects the connection as the settings say; nothing has been told to the server yet.
    public init(to endpoint: Endpoint, _ settings: ConnectionSettings) throws(DirectoryError) {
        self.endpoint = endpoint
        self.settings = settings
        var handle: OpaquePointer?
        let code = Self.preparing.withLock { _ in
            let code = ldap_initialize(&handle, "ldap://\(endpoint)")
            directory_keep_localhost()
            return code
        }
        guard code == LDAP_SUCCESS, let handle else {
            throw DirectoryError(.malformed, code: Int(code), action: "connect to \(endpoint)")
        }
        self.handle = handle
        guarding = .allocate(capacity: 1)
        guarding.initialize(to: directory_guard(deadline: 0))
        // From here on everything is initialized, so that `deinit` closes the handle whatever fails.
        try prepare()
        try connect()
    }

    deinit {
        ldap_unbind_ext(handle, nil, nil)
        guarding.deallocate()
    }

    /// Whether the server has neither closed this idle connection nor said anything.
    public var isQuiet: Bool {
        var descriptor: Int32 = -1
        guard ldap_get_option(handle, LDAP_OPT_DESC, &descriptor) == LDAP_OPT_SUCCESS, descriptor >= 0 else { return false }
        return directory_is_quiet(descriptor) != 0
    }

    /// What protects the connection, such as `TLSv1.3`; nil for none.
    public var protection: String? {
        guard ldap_tls_inplace(handle) != 0 else { return nil }
        var text: UnsafeMutablePointer<CChar>?
        guard ldap_get_option(handle, LDAP_OPT_X_TLS_VERSION, &text) == LDAP_OPT_SUCCESS, let text else { return "TLS" }
        defer { ldap_memfree(text) }
        return String(cString: text)
    }

    // MARK: Making it

    /// Says all options that matter, as libldap also reads files such as /etc/ldap/ldap.conf.
    private func prepare() throws(DirectoryError) {
        try set(LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3)
        // Null is `LDAP_OPT_OFF`, anything else `LDAP_OPT_ON`.
        ldap_set_option(handle, LDAP_OPT_REFERRALS, settings.followsReferrals ? UnsafeRawPointer(handle) : nil)
        ldap_set_option(handle, LDAP_OPT_RESTART, UnsafeRawPointer(handle))
        try set(LDAP_OPT_DEREF, LDAP_DEREF_NEVER)
        try set(LDAP_OPT_SIZELIMIT, Int32(LDAP_NO_LIMIT))
        try set(LDAP_OPT_TIMELIMIT, Int32(LDAP_NO_LIMIT))
        try set(LDAP_OPT_NETWORK_TIMEOUT, timeval(settings.connectTimeout))
        try set(LDAP_OPT_TIMEOUT, timeval(settings.timeout))
        if settings.security != .plain { try prepareTLS() }
    }

    private func prepareTLS() throws(DirectoryError) {
        // NEVER still takes whatever certificate comes, and DEMAND also wants the right name in it.
        try set(LDAP_OPT_X_TLS_REQUIRE_CERT, settings.verifiesServer ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER)
        // Names in the old place, the subject's CN, are no longer looked at (RFC 9525 §2).
        try set(LDAP_OPT_X_TLS_REQUIRE_SAN, settings.verifiesServer ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER)
        // TLS 1.2.
        try set(LDAP_OPT_X_TLS_PROTOCOL_MIN, Int32(3 << 8 + 3))
        try set(LDAP_OPT_X_TLS_CIPHER_SUITE, CipherSuites.current)
        try set(LDAP_OPT_X_TLS_CACERTDIR, nil as String?)
        try set(LDAP_OPT_X_TLS_CERTFILE, settings.certificate?.chain)
        try set(LDAP_OPT_X_TLS_KEYFILE, settings.certificate?.key)
        let authorities = try AuthoritiesFile(settings.authorities)
        defer { authorities.close() }
        try set(LDAP_OPT_X_TLS_CACERTFILE, settings.verifiesServer ? authorities.path : nil)
        var isServer: Int32 = 0
        // Reads all of these files, once.
        let code = Self.preparing.withLock { _ in ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &isServer) }
        guard code == LDAP_OPT_SUCCESS else {
            throw DirectoryError(
                .malformed, code: Int(code), action: "prepare TLS for \(endpoint)",
                diagnostic: "the certificates or the key cannot be read, or do not belong together")
        }
    }

    private func connect() throws(DirectoryError) {
        let start = ContinuousClock.now
        let code = ldap_connect(handle)
        guard code == LDAP_SUCCESS else { throw connectError(code, since: start, action: "connect to \(endpoint)") }
        var descriptor: Int32 = -1
        // Even a server that stops in the middle of an answer cannot hold this thread for longer.
        guard directory_guard_socket(handle, guarding) == 0,
            ldap_get_option(handle, LDAP_OPT_DESC, &descriptor) == LDAP_OPT_SUCCESS,
            directory_limit_socket(descriptor, Int(settings.timeout / .microseconds(1))) == 0
        else { throw DirectoryError(.unreachable, action: "limit the connection to \(endpoint)") }
        guarding.pointee.deadline = directory_milliseconds() + Int64(settings.connectTimeout / .milliseconds(1))
        defer { guarding.pointee.deadline = 0 }
        switch settings.security {
        case .plain: return
        case .startTLS:
            let code = ldap_start_tls_s(handle, nil, nil)
            guard code == LDAP_SUCCESS else { throw handshakeError(code, since: start, action: "start TLS with \(endpoint)") }
        case .tls:
            let code = ldap_install_tls(handle)
            guard code == LDAP_SUCCESS else { throw handshakeError(code, since: start, action: "begin TLS with \(endpoint)") }
        }
        guard ldap_tls_inplace(handle) != 0 else {
            throw DirectoryError(.insecure, action: "begin TLS with \(endpoint)", diagnostic: "the connection is still in plain")
        }
    }

    private func connectError(_ code: Int32, since start: ContinuousClock.Instant, action: String) -> DirectoryError {
        if start.duration(to: .now) >= settings.connectTimeout * 0.9 {
            return DirectoryError(.timedOut, code: Int(code), action: action)
        }
        return DirectoryError(code: code, action: action, diagnostic: diagnostic)
    }

    private func handshakeError(_ code: Int32, since start: ContinuousClock.Instant, action: String) -> DirectoryError {
        let error = connectError(code, since: start, action: action)
        guard error.kind == .unreachable || error.kind == .insecure else { return error }
        // Of a certificate that is not believed libldap says nothing, or that it has no words for it.
        let isUnknown = error.diagnostic.isEmpty || error.diagnostic.containsBytes(of: "unknown error code")
        let guess =
            "the certificate is not by an authority that is believed here, not for the name \(endpoint.host), or out of date"
        return DirectoryError(
            .insecure, code: Int(code), action: action, diagnostic: isUnknown ? guess : error.diagnostic)
    }

    // MARK: Asking

    /// The last error's text.
    var diagnostic: String {
        var text: UnsafeMutablePointer<CChar>?
        guard ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text) == LDAP_OPT_SUCCESS, let text else { return "" }
        defer { ldap_memfree(text) }
        return String(cString: text)
    }

    func failed(_ code: Int32, _ action: String) -> DirectoryError {
        DirectoryError(code: code, action: action, diagnostic: diagnostic)
    }

    /// Waits for the next message of an operation.
    /// - Parameter all: whether to wait for the whole answer.
    func next(
        of message: Int32, until deadline: ContinuousClock.Instant, all: Bool, _ action: String
    ) throws(DirectoryError) -> Answer {
        var limit = timeval(max(ContinuousClock.now.duration(to: deadline), .milliseconds(1)))
        var answer: OpaquePointer?
        let type = ldap_result(handle, message, all ? Int32(LDAP_MSG_ALL) : Int32(LDAP_MSG_ONE), &limit, &answer)
        guard type > 0, let answer else {
            if type == 0 {
                ldap_abandon_ext(handle, message, nil, nil)
                throw DirectoryError(.timedOut, code: Int(LDAP_TIMEOUT), action: action)
            }
            var code: Int32 = 0
            ldap_get_option(handle, LDAP_OPT_RESULT_CODE, &code)
            throw failed(code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code, action)
        }
        return Answer(message: answer, type: type)
    }

    /// The result at the end of an operation, with its text and its controls.
    func result(_ answer: borrowing Answer, _ action: String) throws(DirectoryError) -> OperationResult {
        var code: Int32 = 0
        var text: UnsafeMutablePointer<CChar>?
        var controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
        let parsed = ldap_parse_result(handle, answer.message, &code, nil, &text, nil, &controls, 0)
        guard parsed == LDAP_SUCCESS else { throw failed(parsed, action) }
        defer { ldap_memfree(text) }
        return OperationResult(code: code, text: text.map { String(cString: $0) } ?? "", controls: Controls(pointer: controls))
    }

    private func set<Value: BitwiseCopyable>(_ option: Int32, _ value: Value) throws(DirectoryError) {
        let code = withUnsafePointer(to: value) { ldap_set_option(handle, option, $0) }
        try check(code, option)
    }

    private func set(_ option: Int32, _ value: String?) throws(DirectoryError) {
        let code =
            value.map { text in text.withCString { ldap_set_option(handle, option, $0) } } ?? ldap_set_option(handle, option, nil)
        try check(code, option)
    }

    private func check(_ code: Int32, _ option: Int32) throws(DirectoryError) {
        guard code != LDAP_OPT_SUCCESS else { return }
        throw DirectoryError(
            .malformed, code: Int(code), action: "prepare a connection to \(endpoint)",
            diagnostic: "option 0x\(String(option, radix: 16)) was refused")
    }
}

/// A message from a server; freed at the end of its scope.
struct Answer: ~Copyable {
    let message: OpaquePointer
    /// `LDAP_RES_…`.
    let type: Int32

    deinit {
        ldap_msgfree(message)
    }
}

/// How an operation ended.
struct OperationResult: ~Copyable {
    let code: Int32
    /// What the server says about it.
    let text: String
    let controls: Controls
}

/// The controls of an answer; freed at the end of their scope.
struct Controls: ~Copyable {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?

    func find(_ oid: String) -> UnsafeMutablePointer<LDAPControl>? {
        ldap_control_find(oid, pointer, nil)
    }

    deinit {
        ldap_controls_free(pointer)
    }
}

func timeval(_ duration: Duration) -> timeval {
    let (seconds, attoseconds) = duration.components
    return CLDAP.timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
}
