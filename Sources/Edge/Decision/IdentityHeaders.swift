import Bytes
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
    private let managedFolded: FoldedNames
    /// Names, beside the managed ones, that the edge may remove or replace: `authorization`, and where tokens stood.
    private let otherFolded: FoldedNames

    public init(
        families: Set<Family> = [.xAuthRequest], authorization: Authorization = .keep, passesAccessToken: Bool = false,
        claims: [(header: String, claim: String)] = [], kubeflowPrefix: String = "",
        googleNamespace: String = "accounts.google.com", assertionHeader: String = "x-goog-iap-jwt-assertion",
        groupBytes: Int = 4096, outputs: [IstioTokenOutput] = [], observer: any EdgeObserver = SilentObserver()
    ) {
        self.families = families
        self.authorization = authorization
        self.passesAccessToken = passesAccessToken
        self.claims = claims.map { ($0.header.asciiLowercased, $0.claim) }
        self.kubeflowPrefix = kubeflowPrefix
        self.googleNamespace = googleNamespace
        self.assertionHeader = assertionHeader.asciiLowercased
        self.groupBytes = groupBytes
        self.outputs = outputs
        self.observer = observer
        var managed = Self.always
        for name in self.claims.map(\.header) + [self.assertionHeader] + outputs.flatMap(\.ownHeaders)
        where !managed.containsExactly(name) { managed.append(name) }
        self.managed = managed
        managedFolded = FoldedNames(managed)
        otherFolded = FoldedNames(
            (authorization == .keep ? [] : ["authorization"]) + outputs.filter { !$0.keepsToken }.flatMap(\.tokenHeaders))
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

    /// Names, in lower case, that are the edge's in disguise though they look like any other: `x-team` where it sets `x_team`.
    /// Answers to requests with them are not answers to requests without.
    public var plainDisguises: [String] {
        (managed + outputs.flatMap(\.tokenHeaders)).compactMap { name in
            let plain = FoldedName(name).text
            return plain.hasSameBytes(as: name) ? nil : plain
        }
    }

    /// Whether a name is one of the edge's, as careless backends read it: in any case, with any mark for any other
    /// (``FoldedName``).
    public func isManaged(_ name: some StringProtocol) -> Bool { managedFolded.contains(name) }

    /// Whether a header of this name does not reach the backend, or not with the client's value: for somebody at least.
    func decides(name: some StringProtocol) -> Bool { managedFolded.contains(name) || otherFolded.contains(name) }

    /// Refuses a request whose `Connection` field asks the next proxy to drop what the edge sets (RFC 9110 §7.6.1), or holds
    /// something else than names, which one proxy could take for a name and another not.
    func accepts(_ request: EdgeRequest) -> Bool {
        for field in request.headers.fields where field.name == "connection" {
            for option in field.value.cut(at: ",") {
                let option = option.trimmedOfOptionalWhitespace
                guard option.utf8.allSatisfy(Self.isTokenByte) else { return false }
                if isManaged(option) || option.hasSameBytesFoldingASCII(as: "authorization") { return false }
            }
        }
        return true
    }

    /// `tchar` (RFC 9110 §5.6.2).
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        byte.isASCIILetter || byte.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// What becomes of a request's headers.
    private struct Change {
        var set: [EdgeHeaders.Field] = []
        /// Each as the request spells it or as the edge does. No name is in both lists.
        var removed: [String] = []
        /// Groups that are not in any header: they cannot stand in a list with commas, or did not fit.
        var leftOutGroups = 0

        func sets(_ name: String) -> Bool { set.contains { $0.isNamed(name) } }

        mutating func remove(_ name: String) {
            if !sets(name), !removed.containsExactly(name) { removed.append(name) }
        }
    }

    /// Sets what is known and removes all other names of the edge.
    func write(_ identity: EdgeIdentity?, assertion: String?, request: EdgeRequest, to answer: inout EdgeAnswer) {
        let change = change(of: request.headers, identity, assertion)
        if let identity, change.leftOutGroups > 0 { observer.leftOutGroups(change.leftOutGroups, of: identity) }
        answer.upstreamHeaders = change.set
        answer.removedHeaders = change.removed
    }

    /// A request's headers as the backend gets them, without the assertion.
    func passed(_ headers: EdgeHeaders, _ identity: EdgeIdentity?) -> EdgeHeaders {
        let change = change(of: headers, identity, nil)
        let kept = headers.fields.filter { !change.sets($0.name) && !change.removed.containsExactly($0.name) }
        return EdgeHeaders((kept + change.set).map { (name: $0.name, value: $0.value) })
    }

    private func change(of headers: EdgeHeaders, _ identity: EdgeIdentity?, _ assertion: String?) -> Change {
        var change = Change()
        func add(_ name: String, _ value: String?) {
            guard let value, !value.isEmpty, Self.isFieldValue(value), !change.sets(name) else { return }
            change.set.append(.init(name, value))
        }
        if let identity {
            let (groups, leftOut) = joined(identity.groups)
            change.leftOutGroups = leftOut
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
            for (header, claim) in claims {
                guard let value = identity.claims[claim] else { continue }
                let (text, leftOut) = text(of: value)
                change.leftOutGroups += leftOut
                add(header, text)
            }
            add(assertionHeader, assertion)
            for field in output(for: identity)?.headers(for: identity) ?? [] { add(field.name, field.value) }
            if authorization == .token { add("authorization", identity.token.map { "Bearer " + $0 }) }
        }
        change.removed = managed.filter { !change.sets($0) }
        if authorization != .keep { change.remove("authorization") }
        if let identity, let output = output(for: identity), !output.keepsToken {
            for name in output.tokenHeaders { change.remove(name) }
        }
        // The same names in disguise, which some servers take for ours.
        let names = change.removed.count
        for field in headers.fields where isManaged(field.name) || otherFolded.contains(field.name) {
            guard isManaged(field.name) || change.removed[..<names].contains(where: { FoldedName($0).matches(field.name) }) else {
                continue
            }
            change.remove(field.name)
        }
        return change
    }

    /// Of the rule whose token this was; a session has none.
    private func output(for identity: EdgeIdentity) -> IstioTokenOutput? {
        guard identity.evidence == .bearer else { return nil }
        return outputs.first { $0.issuer.utf8.elementsEqual(identity.issuer.utf8) }
    }

    /// Text, numbers and truth values as they are, lists of text joined.
    private func text(of claim: JSON) -> (text: String?, leftOut: Int) {
        switch claim {
        case .string(let text): (text, 0)
        case .integer(let number): (String(number), 0)
        case .bool(let value): (value ? "true" : "false", 0)
        case .array(let list): joined(list.compactMap(\.string))
        case .number, .object, .null: (nil, 0)
        }
    }

    /// A group with a comma in its name would be two groups to the reader, and is left out.
    private func joined(_ groups: [String]) -> (text: String?, leftOut: Int) {
        var text = ""
        var leftOut = 0
        for group in groups {
            guard !group.isEmpty, !group.containsByte(","), Self.isFieldValue(group),
                text.utf8.count + group.utf8.count + 1 <= groupBytes
            else {
                leftOut += 1
                continue
            }
            text += text.isEmpty ? group : "," + group
        }
        return (text.nonEmpty, leftOut)
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
