import Bytes
import Edge
import OpenIDConnect
import Web

/// oauth2-proxy's query of `/oauth2/auth`: `allowed_groups`, `allowed_emails`, `allowed_email_domains`. It narrows what the
/// policies allow and never widens it.
struct AllowedList: Sendable {
    private var groups: [String]?
    private var emails: [String]?
    private var domains: [String]?

    /// - Throws: for a query that cannot be read: a restriction that is not understood must not be left out.
    init(query: String) throws {
        for pair in query.fields(at: "&") {
            let parts = pair.cut(at: "=", most: 1)
            let name = try PercentEncoding.decode(parts[0])
            guard name == "allowed_groups" || name == "allowed_emails" || name == "allowed_email_domains" else { continue }
            let text = parts.count == 2 ? try PercentEncoding.decode(parts[1].utf8, plusIsSpace: true) : ""
            let values = text.fields(at: ",").map { item in
                String(item[(item.utf8.firstIndex { $0 != 0x20 } ?? item.endIndex)...])
            }
            switch name {
            case "allowed_groups": groups = (groups ?? []) + values
            case "allowed_emails": emails = (emails ?? []) + values
            default: domains = (domains ?? []) + values.map(Self.domain)
            }
        }
    }

    func allows(_ identity: EdgeIdentity?) -> Bool {
        if groups == nil, emails == nil, domains == nil { return true }
        guard let identity else { return false }
        if let groups, !groups.contains(where: { identity.groups.containsExactly($0) }) { return false }
        // The same rule as for policies.
        let email = identity.email.flatMap(EmailAddress.init)
        if let emails, email?.isOne(of: emails) != true { return false }
        if let domains {
            guard let email, domains.containsExactly("*") || email.isIn(domains) else { return false }
        }
        return true
    }

    /// `*.a.com` and `.a.com` are the domains below it, `*` is any.
    private static func domain(_ written: String) -> String {
        String(written.startsWithBytes(of: "*.") ? written.afterBytes(of: "*") ?? "" : written[...]).asciiLowercased
    }
}
