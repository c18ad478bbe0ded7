import Connectors
import DexConfiguration
import Directory
import JOSE
import OpenIDConnect

/// What came out of looking somebody up, for people and for programs.
struct ConnectorReport {
    private let connector: Configuration.Connector.LDAP
    private let id: String
    private let name: String
    private let user: String
    private let examination: LDAPExamination

    /// More entries of one search are only counted.
    private static let shown = 10

    init(
        _ connector: Configuration.Connector.LDAP, id: String, name: String, user: String, _ examination: LDAPExamination
    ) {
        self.connector = connector
        self.id = id
        self.name = name
        self.user = user
        self.examination = examination
    }

    var text: String {
        var lines: [(name: String, value: String)] = [("connector", "\(id) (\(name))"), ("user", user)]
        if let server = examination.server {
            lines.append(("connected to", server))
            lines.append(("protected by", examination.protection ?? "nothing (insecureNoSSL)"))
            lines.append(("searching as", service))
        }
        for search in examination.searches {
            lines.append(("search", search.request.filter))
            lines.append(("  under", "\(search.request.base) (\(search.request.scope.word))"))
            if let problem = search.problem { lines.append(("  failed", problem)) }
            lines += search.found.prefix(Self.shown).map { ("  found", $0) }
            if search.found.isEmpty, search.problem == nil { lines.append(("  found", "nothing")) }
            let more = search.found.count - Self.shown
            if more > 0 { lines.append(("", "and \(more) more")) }
        }
        switch examination.password {
        case .notTried: break
        case .accepted: lines.append(("password", "accepted"))
        case .rejected(let text): lines.append(("password", "not accepted: \(text)"))
        }
        lines += claims.members.map { ("claim \($0.name)", $0.value.string ?? $0.value.text) }
        lines.append(("result", examination.problem ?? "the person can log in"))
        return Table(details: lines).text
    }

    var json: JSON {
        var object: JSONObject = ["connector": .string(id), "type": "ldap", "user": .string(user)]
        if let server = examination.server {
            object["server"] = .string(server)
            object["protection"] = examination.protection.map(JSON.string) ?? .null
            object["service"] = connector.service.map { .string($0.dn) } ?? .null
        }
        object["searches"] = .array(
            examination.searches.map { search in
                var item: JSONObject = [
                    "base": .string(search.request.base), "scope": .string(search.request.scope.word),
                    "filter": .string(search.request.filter), "found": .array(search.found.map(JSON.string)),
                ]
                if let problem = search.problem { item["problem"] = .string(problem) }
                return .object(item)
            })
        switch examination.password {
        case .notTried: object["password"] = .null
        case .accepted: object["password"] = "accepted"
        case .rejected: object["password"] = "rejected"
        }
        object["claims"] = examination.identity == nil ? .null : .object(claims)
        object["problem"] = examination.problem.map(JSON.string) ?? .null
        return .object(object)
    }

    private var service: String { connector.service?.dn ?? "nobody (anonymous)" }

    private var claims: JSONObject {
        guard let identity = examination.identity else { return [:] }
        var claims: JSONObject = [
            "sub": .string(Subject.make(userID: identity.userID, connectorID: id)), "name": .string(identity.username),
        ]
        if !identity.preferredUsername.isEmpty { claims["preferred_username"] = .string(identity.preferredUsername) }
        claims["email"] = .string(identity.email)
        claims["email_verified"] = .bool(identity.emailVerified)
        claims["groups"] = .array(identity.groups.map(JSON.string))
        return claims
    }
}

extension SearchRequest.Scope {
    fileprivate var word: String {
        switch self {
        case .base: "base"
        case .oneLevel: "one"
        case .subtree: "sub"
        }
    }
}
