import Edge
import OpenIDConnect
import Web

/// oauth2-proxy's query of `/oauth2/auth`: `allowed_groups`, `allowed_emails`, `allowed_email_domains`. It narrows what the
/// policies allow and never widens it.
struct AllowedList: Sendable {
    private let groups: [String]?
    private let emails: [String]?
    private let domains: [String]?

    /// - Throws: for a query that cannot be read: a restriction that is not understood must not be left out.
    init(query: String) throws {
        var found: [String: [String]] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try PercentEncoding.decode(parts[0])
            guard ["allowed_groups", "allowed_emails", "allowed_email_domains"].contains(name) else { continue }
            let text = parts.count == 2 ? try PercentEncoding.decode(Substring(parts[1].replacing("+", with: " "))) : ""
            found[name, default: []] += text.split(separator: ",").map { item in
                String(item.drop { $0 == " " })
            }
        }
        groups = found["allowed_groups"]
        emails = found["allowed_emails"]
        domains = found["allowed_email_domains"]
    }

    func allows(_ identity: EdgeIdentity?) -> Bool {
        if groups == nil, emails == nil, domains == nil { return true }
        guard let identity else { return false }
        if let groups, !groups.contains(where: { wanted in identity.groups.contains { same($0, wanted) } }) { return false }
        if let emails {
            guard let email = identity.email, emails.contains(where: { same($0.lowercased(), email.lowercased()) }) else {
                return false
            }
        }
        if let domains {
            // An address with two @ has no domain that everybody would agree on.
            guard let email = identity.email, email.count(where: { $0 == "@" }) == 1,
                let domain = email.split(separator: "@").last?.lowercased(),
                domains.contains(where: { matches(domain, $0.lowercased()) })
            else { return false }
        }
        return true
    }

    /// `*.a.com` and `.a.com` are the domains below it, `*` is any.
    private func matches(_ domain: String, _ wanted: String) -> Bool {
        if wanted == "*" { return true }
        let suffix = wanted.hasPrefix("*.") ? wanted.dropFirst() : wanted[...]
        return suffix.hasPrefix(".") ? domain.hasSuffix(suffix) : same(domain, String(wanted))
    }

    private func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
