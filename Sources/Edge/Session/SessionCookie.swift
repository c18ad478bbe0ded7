import Bytes

/// The cookie of sessions (RFC 6265bis §4.1), or of login attempts.
public struct SessionCookie: Sendable, Hashable {
    public enum SameSite: String, Sendable, Hashable {
        case strict = "Strict"
        case lax = "Lax"
        case none = "None"
    }

    /// As browsers send it: with `__Host-` where that is possible.
    public let name: String
    /// For all hosts of a domain; nil: for the host that sets it.
    public let domain: String?
    public let isSecure: Bool
    public let sameSite: SameSite

    /// Bytes of one cookie, name and attributes included. Browsers take 4096.
    static let longest = 4000
    /// More than 8 cookies make headers that proxies refuse.
    static let mostChunks = 8

    /// - Parameters:
    ///   - name: without a prefix; `__Host-` is put in front where the cookie is secure and has no domain, so that no sibling
    ///     host can set one of the name. A name that begins with two underscores, or `_oauth2_proxy` that an operator
    ///     keeps for a script's sake, is taken as it is: ``init(exactly:domain:isSecure:sameSite:)``.
    public init(name: String, domain: String? = nil, isSecure: Bool, sameSite: SameSite = .lax) {
        self.init(
            exactly: isSecure && domain == nil ? "__Host-" + name : name, domain: domain, isSecure: isSecure, sameSite: sameSite)
    }

    public init(exactly name: String, domain: String? = nil, isSecure: Bool, sameSite: SameSite = .lax) {
        self.name = name
        self.domain = domain
        self.isSecure = isSecure
        self.sameSite = sameSite
    }

    // MARK: Setting

    /// Values of `Set-Cookie`: the value in one or several cookies, and deletions of those of the browser's that would be in the way.
    /// - Parameters:
    ///   - maximumAge: in seconds; nil: until the browser closes.
    ///   - present: the names of the request's cookies.
    /// - Returns: nil when the value is larger than browsers and proxies bear.
    func fields(setting value: String, maximumAge: Int?, present: some Sequence<String>) -> [String]? {
        let attributes = attributes(maximumAge: maximumAge)
        let whole = "\(name)=\(value)\(attributes)"
        var names: Set<ExactText> = [name.exact]
        var fields = [whole]
        if whole.utf8.count > Self.longest {
            let room = Self.longest - name.utf8.count - 4 - attributes.utf8.count
            var rest = value.utf8[...]
            names = []
            fields = []
            while !rest.isEmpty {
                guard fields.count < Self.mostChunks else { return nil }
                let chunkName = "\(name)_\(fields.count)"
                names.insert(chunkName.exact)
                fields.append("\(chunkName)=\(String(Substring(rest.prefix(room))))\(attributes)")
                rest = rest.dropFirst(room)
            }
        }
        return fields + present.filter { isOurs($0) && !names.contains($0.exact) }.map(deletion)
    }

    /// Deletes the cookie and its chunks, those that the browser sent and the one that it may have.
    func fieldsDeleting(present: some Sequence<String>) -> [String] {
        var names = [name]
        for other in present where isOurs(other) && !names.containsExactly(other) { names.append(other) }
        return names.map(deletion)
    }

    func field(setting value: String, name: String, maximumAge: Int) -> String {
        "\(name)=\(value)\(attributes(maximumAge: maximumAge))"
    }

    func deletion(of name: String) -> String { "\(name)=\(attributes(maximumAge: 0))" }

    private func attributes(maximumAge: Int?) -> String {
        var text = "; Path=/"
        if let domain { text += "; Domain=\(domain)" }
        if let maximumAge { text += "; Max-Age=\(maximumAge)" }
        text += "; HttpOnly"
        if isSecure { text += "; Secure" }
        return text + "; SameSite=\(sameSite.rawValue)"
    }

    private func isOurs(_ other: String) -> Bool {
        guard let rest = other.afterBytes(of: name) else { return false }
        guard let number = rest.afterBytes(of: "_") else { return rest.isEmpty }
        return (1...2).contains(number.utf8.count) && number.utf8.allSatisfy(\.isASCIIDigit)
    }
}
