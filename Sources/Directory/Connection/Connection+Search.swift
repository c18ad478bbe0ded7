import CLDAP

extension Connection {
    /// The entries that a request finds, in the server's order.
    /// - Throws: ``DirectoryError/Kind/sizeLimitExceeded`` for more than the request's limit.
    public func search(_ request: SearchRequest) throws(DirectoryError) -> [Entry] {
        let action = "search \(request.filter) under \(request.base.isEmpty ? "the root" : request.base)"
        let deadline = ContinuousClock.now + settings.timeout
        var found: [Entry] = []
        var cookie: [UInt8] = []
        repeat {
            cookie = try page(request, after: cookie, until: deadline, action, into: &found)
        } while !cookie.isEmpty
        for index in found.indices where !found[index].incomplete.isEmpty {
            try complete(&found[index], until: deadline, action)
        }
        return found
    }

    /// One page; its cookie is empty after the last.
    private func page(
        _ request: SearchRequest, after cookie: [UInt8], until deadline: ContinuousClock.Instant, _ action: String,
        into found: inout [Entry]
    ) throws(DirectoryError) -> [UInt8] {
        let message = try send(request, after: cookie, until: deadline, action)
        while true {
            let answer = try next(of: message, until: deadline, all: false, action)
            switch UInt32(bitPattern: answer.type) {
            case UInt32(LDAP_RES_SEARCH_ENTRY):
                guard found.count < request.limit else {
                    ldap_abandon_ext(handle, message, nil, nil)
                    throw DirectoryError(
                        .sizeLimitExceeded, code: Int(LDAP_SIZELIMIT_EXCEEDED), action: action,
                        diagnostic: "more than \(request.limit) entries")
                }
                found.append(try entry(answer, action))
            case UInt32(LDAP_RES_SEARCH_RESULT):
                let result = try result(answer, action)
                // A referral as the result of a search means that the base is elsewhere.
                guard result.code == LDAP_SUCCESS else {
                    throw DirectoryError(code: result.code, action: action, diagnostic: result.text)
                }
                return request.pageSize == nil ? [] : nextCookie(result.controls)
            // References to other servers: not followed.
            default: break
            }
        }
    }

    private func send(
        _ request: SearchRequest, after cookie: [UInt8], until deadline: ContinuousClock.Instant, _ action: String
    ) throws(DirectoryError) -> Int32 {
        var paging: UnsafeMutablePointer<LDAPControl>?
        if let size = request.pageSize {
            var cookie = cookie
            let code = cookie.withUnsafeMutableBytes { bytes in
                var value = berval(bv_len: ber_len_t(bytes.count), bv_val: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
                // Not critical: a server that does not know pages sends everything at once.
                return ldap_create_page_control(handle, ber_int_t(size), &value, 0, &paging)
            }
            guard code == LDAP_SUCCESS else { throw failed(code, action) }
        }
        defer { ldap_control_free(paging) }
        var controls: [UnsafeMutablePointer<LDAPControl>?] = [paging, nil]
        var limit = timeval(max(ContinuousClock.now.duration(to: deadline), .seconds(1)))
        var message: Int32 = 0
        let names = request.attributes.isEmpty ? [LDAP_NO_ATTRS] : request.attributes
        let code = withCStrings(names) { attributes in
            ldap_search_ext(
                handle, request.base, request.scope.code, request.filter, attributes, 0, &controls, nil, &limit,
                request.pageSize == nil ? Int32(clamping: request.limit + 1) : 0, &message)
        }
        guard code == LDAP_SUCCESS else { throw failed(code, action) }
        return message
    }

    private func nextCookie(_ controls: borrowing Controls) -> [UInt8] {
        guard let control = controls.find("1.2.840.113556.1.4.319") else { return [] }
        var count: ber_int_t = 0
        var cookie = berval()
        guard ldap_parse_pageresponse_control(handle, control, &count, &cookie) == LDAP_SUCCESS else { return [] }
        defer { ldap_memfree(cookie.bv_val) }
        return bytes(cookie)
    }

    private func entry(_ answer: borrowing Answer, _ action: String) throws(DirectoryError) -> Entry {
        var reader: OpaquePointer?
        var dn = berval()
        let code = ldap_get_dn_ber(handle, answer.message, &reader, &dn)
        guard code == LDAP_SUCCESS else { throw failed(code, action) }
        defer { ber_free(reader, 0) }
        let name = String(decoding: bytes(dn), as: UTF8.self)
        var attributes: [Entry.Attribute] = []
        while true {
            var attribute = berval()
            var values: UnsafeMutablePointer<berval>?
            guard ldap_get_attribute_ber(handle, answer.message, reader, &attribute, &values) == LDAP_SUCCESS,
                attribute.bv_val != nil
            else { break }
            defer { ber_memfree(values) }
            var all: [[UInt8]] = []
            var next = values
            // The array ends with one that points nowhere.
            while let value = next?.pointee, value.bv_val != nil {
                all.append(bytes(value))
                next = next?.advanced(by: 1)
            }
            attributes.append(.init(name: String(decoding: bytes(attribute), as: UTF8.self), values: all))
        }
        return Entry(dn: name, attributes: attributes)
    }

    /// Asks for the rest of values that the server gave in part.
    private func complete(_ entry: inout Entry, until deadline: ContinuousClock.Instant, _ action: String) throws(DirectoryError)
    {
        // Each round gives some more; no attribute has a million values.
        for _ in 0..<1000 {
            let names = entry.incomplete.map { "\($0.name);range=\($0.next)-*" }
            if names.isEmpty { break }
            let request = SearchRequest(
                base: entry.dn, scope: .base, filter: "(objectClass=*)", attributes: names, limit: 1)
            var rest: [Entry] = []
            _ = try page(request, after: [], until: deadline, action, into: &rest)
            guard let rest = rest.first else { break }
            let isLast = rest.incomplete.isEmpty
            entry = entry.adding(rest)
            if isLast { break }
        }
    }

    private func bytes(_ value: berval) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: value.bv_val, count: Int(value.bv_len)))
    }
}

extension SearchRequest.Scope {
    fileprivate var code: Int32 {
        switch self {
        case .base: Int32(LDAP_SCOPE_BASE)
        case .oneLevel: Int32(LDAP_SCOPE_ONELEVEL)
        case .subtree: Int32(LDAP_SCOPE_SUBTREE)
        }
    }
}

/// Texts as C's array of texts, which ends with a null pointer.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Result
) -> Result {
    var bytes = texts.flatMap { Array($0.utf8CString) }
    return bytes.withUnsafeMutableBufferPointer { buffer in
        var offset = 0
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { text in
            defer { offset += text.utf8CString.count }
            return buffer.baseAddress?.advanced(by: offset)
        }
        pointers.append(nil)
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }
}
