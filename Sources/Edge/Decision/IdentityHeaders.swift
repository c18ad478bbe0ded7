import JOSE

/// What a backend is told about who asks. Every name that any of the families uses is the edge's alone: what a client sends
/// under it is removed, also where that family is not in use.
public struct IdentityHeaders: Sendable {
    /// Names that some family of software reads.
    public enum Family: String, Sendable, Hashable, CaseIterable {
        /// oauth2-proxy's `X-Auth-Request-User`, `-Email`, `-Groups`, `-Preferred-Username`.
        case xAuthRequest = "x-auth-request"
        /// `X-Forwarded-User`, `-Email`, `-Groups`, `-Preferred-Username`.
        case xForwarded = "x-forwarded"
        /// Kubeflow's `kubeflow-userid` and `kubeflow-groups`.
        case kubeflow
        /// Google IAP's `x-goog-authenticated-user-email` and `-id`.
        case google = "x-goog"
    }

    /// What becomes of `Authorization` on its way to the backend.
    public enum Authorization: String, Sendable, Hashable, CaseIterable {
        /// As the client sent it.
        case keep
        /// `Bearer` and the ID token, also for those who have a session.
        case token
        case remove
    }

    public var families: Set<Family>
    public var authorization: Authorization
    /// Whether `X-Auth-Request-Access-Token` and `X-Forwarded-Access-Token` are set.
    public var passesAccessToken: Bool
    /// Header name in lower case to the name of the claim that it carries.
    public var claims: [(header: String, claim: String)]
    /// Stands before the e-mail address in `kubeflow-userid`.
    public var kubeflowPrefix: String
    /// Stands with a colon before the values of `x-goog-authenticated-user-…`, as Google's own name does.
    public var googleNamespace: String
    /// The header of the signed assertion, in lower case.
    public var assertionHeader: String
    /// How long the value of a header with groups may be, in bytes; servers behind take 4 to 8 KiB in all.
    public var groupBytes: Int
    /// What Istio's RequestAuthentications set and keep.
    private let outputs: [IstioTokenOutput]
    private let observer: any EdgeObserver
    private let managed: [String]

    public init(
        families: Set<Family> = [.xAuthRequest], authorization: Authorization = .keep, passesAccessToken: Bool = false,
        claims: [(header: String, claim: String)] = [], kubeflowPrefix: String = "",
        googleNamespace: String = "accounts.google.com", assertionHeader: String = "x-goog-iap-jwt-assertion",
        groupBytes: Int = 4096, outputs: [IstioTokenOutput] = [], observer: any EdgeObserver = SilentObserver()
    ) {
        self.families = families
        self.authorization = authorization
        self.passesAccessToken = passesAccessToken
        self.claims = claims.map { ($0.header.lowercased(), $0.claim) }
        self.kubeflowPrefix = kubeflowPrefix
        self.googleNamespace = googleNamespace
        self.assertionHeader = assertionHeader.lowercased()
        self.groupBytes = groupBytes
        self.outputs = outputs
        self.observer = observer
        var managed = Self.always
        for name in self.claims.map(\.header) + [self.assertionHeader] + outputs.flatMap(\.ownHeaders)
        where !managed.contains(name) { managed.append(name) }
        self.managed = managed
    }

    private static let people = ["user", "email", "groups", "preferred-username", "access-token"]
    private static let always =
        people.map { "x-auth-request-" + $0 } + people.map { "x-forwarded-" + $0 }
        + [
            "kubeflow-userid", "kubeflow-groups", "x-goog-authenticated-user-email", "x-goog-authenticated-user-id",
            "x-goog-iap-jwt-assertion", "gap-auth",
        ]

    /// The names that only the edge sets, in lower case.
    public var managedNames: [String] { managed }

    /// Whether a name is one of the edge's, as careless backends read it: in any case, `_` for `-`.
    public func isManaged(_ name: String) -> Bool {
        let name = name.lowercased()
        return managed.contains { own in
            own.utf8.count == name.utf8.count
                && zip(own.utf8, name.utf8).allSatisfy { $0 == $1 || ($0 == UInt8(ascii: "-") && $1 == UInt8(ascii: "_")) }
        }
    }

    /// Refuses a request whose `Connection` field asks the next proxy to drop what the edge sets (RFC 9110 §7.6.1).
    func accepts(_ request: EdgeRequest) -> Bool {
        for field in request.headers.fields where field.name == "connection" {
            for option in field.value.split(separator: ",") {
                let option = option.filter { $0 != " " && $0 != "\t" }
                if isManaged(option) || option.lowercased() == "authorization" { return false }
            }
        }
        return true
    }

    /// Sets what is known and removes all other names of the edge.
    func write(_ identity: EdgeIdentity?, assertion: String?, request: EdgeRequest, to answer: inout EdgeAnswer) {
        var set: [EdgeHeaders.Field] = []
        func add(_ name: String, _ value: String?) {
            guard let value, !value.isEmpty, Self.isFieldValue(value), !set.contains(where: { $0.name == name }) else { return }
            set.append(.init(name, value))
        }
        if let identity {
            let groups = joined(identity.groups, of: identity)
            for (prefix, family) in [("x-auth-request-", Family.xAuthRequest), ("x-forwarded-", .xForwarded)]
            where families.contains(family) {
                add(prefix + "user", identity.subject)
                add(prefix + "email", identity.email)
                add(prefix + "groups", groups)
                add(prefix + "preferred-username", identity.preferredUsername)
                if passesAccessToken { add(prefix + "access-token", identity.accessToken) }
            }
            if families.contains(.kubeflow) {
                add("kubeflow-userid", (identity.email ?? identity.subject).nonEmpty.map { kubeflowPrefix + $0 })
                add("kubeflow-groups", groups)
            }
            if families.contains(.google) {
                add("x-goog-authenticated-user-email", identity.email.map { googleNamespace + ":" + $0 })
                add("x-goog-authenticated-user-id", googleNamespace + ":" + identity.subject)
            }
            for (header, claim) in claims { add(header, identity.claims[claim].flatMap { text(of: $0, identity) }) }
            add(assertionHeader, assertion)
            for field in output(for: identity)?.headers(for: identity) ?? [] { add(field.name, field.value) }
            if authorization == .token { add("authorization", identity.token.map { "Bearer " + $0 }) }
        }
        answer.upstreamHeaders = set
        answer.removedHeaders = managed.filter { name in !set.contains { $0.name == name } }
        let removesAuthorization = authorization == .remove || authorization == .token
        if removesAuthorization, !set.contains(where: { $0.name == "authorization" }) {
            answer.removedHeaders.append("authorization")
        }
        if let identity, let output = output(for: identity), !output.keepsToken {
            for name in output.tokenHeaders
            where !set.contains(where: { $0.name == name }) && !answer.removedHeaders.contains(name) {
                answer.removedHeaders.append(name)
            }
        }
        // The same names in disguise, which some servers take for ours.
        for field in request.headers.fields where field.name.utf8.contains(UInt8(ascii: "_")) && isManaged(field.name) {
            answer.removedHeaders.append(field.name)
        }
    }

    /// Of the rule whose token this was; a session has none.
    private func output(for identity: EdgeIdentity) -> IstioTokenOutput? {
        guard identity.evidence == .bearer else { return nil }
        return outputs.first { $0.issuer.utf8.elementsEqual(identity.issuer.utf8) }
    }

    /// Text, numbers and truth values as they are, lists of text joined.
    private func text(of claim: JSON, _ identity: EdgeIdentity) -> String? {
        switch claim {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let value): value ? "true" : "false"
        case .array(let list): joined(list.compactMap(\.string), of: identity)
        case .number, .object, .null: nil
        }
    }

    /// A group with a comma in its name would be two groups to the reader, and is left out.
    private func joined(_ groups: [String], of identity: EdgeIdentity) -> String? {
        var text = ""
        var leftOut = 0
        for group in groups {
            guard !group.isEmpty, !group.utf8.contains(UInt8(ascii: ",")), Self.isFieldValue(group),
                text.utf8.count + group.utf8.count + 1 <= groupBytes
            else {
                leftOut += 1
                continue
            }
            text += text.isEmpty ? group : "," + group
        }
        if leftOut > 0 { observer.leftOutGroups(leftOut, of: identity) }
        return text.nonEmpty
    }

    /// RFC 9110 §5.5: no control characters; white space at an end would be lost on the way.
    private static func isFieldValue(_ text: String) -> Bool {
        guard text.utf8.first != UInt8(ascii: " "), text.utf8.last != UInt8(ascii: " ") else { return false }
        return text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }
}

extension String {
    var nonEmpty: String? { isEmpty ? nil : self }
}
