import JOSE
import OpenIDConnect
import Testing

@testable import Connectors

private let standard: JSONObject = [
    "sub": "id", "name": "Jane Doe", "email": "jane@example.com", "email_verified": true, "preferred_username": "jane",
    "login": "jd", "mail": "jd@example.org", "roles": ["a", "b"], "groups": ["staff", "ops:prod"],
]

/// The identity that claims make under rules; null removes a claim.
private func identity(
    _ changes: JSONObject = [:], _ change: (inout OIDCClaimRules) -> Void = { _ in }
) -> Result<Identity, ConnectorError> {
    var claims = standard
    for (name, value) in changes.members { claims[name] = value.isNull ? nil : value }
    var rules = OIDCClaimRules()
    change(&rules)
    do throws(ConnectorError) { return .success(try rules.identity(claims)) } catch { return .failure(error) }
}

private func groups(
    _ claim: JSON, _ change: @escaping (inout OIDCClaimRules) -> Void = { _ in }
) -> [String]? {
    identity(["groups": claim]) {
        $0.takesGroups = true
        change(&$0)
    }.value?.groups
}

@Test func `The standard claims are taken, and groups only when that is configured`() {
    #expect(
        identity().value
            == Identity(
                userID: "id", username: "Jane Doe", preferredUsername: "jane", email: "jane@example.com", emailVerified: true))
}

@Test func `Other claims can be named for id and name`() {
    let found = identity {
        $0.userIDKey = "login"
        $0.userNameKey = "mail"
    }.value
    #expect(found?.userID == "jd" && found?.username == "jd@example.org")
}

@Test func `A mapping fills in for what is missing, and overrides only when that is configured`() {
    let map: (inout OIDCClaimRules) -> Void = {
        $0.emailKey = "mail"
        $0.preferredUsernameKey = "login"
        $0.groupsKey = "roles"
        $0.takesGroups = true
    }
    let kept = identity([:], map).value
    #expect(kept?.email == "jane@example.com" && kept?.preferredUsername == "jane" && kept?.groups == ["staff", "ops:prod"])
    let filled = identity(["email": .null, "preferred_username": .null, "groups": .null], map).value
    #expect(filled?.email == "jd@example.org" && filled?.preferredUsername == "jd" && filled?.groups == ["a", "b"])
    let overridden = identity {
        map(&$0)
        $0.overridesMapping = true
    }.value
    #expect(overridden?.email == "jd@example.org" && overridden?.preferredUsername == "jd" && overridden?.groups == ["a", "b"])
}

@Test(arguments: ["sub", "name", "email", "email_verified"])
func `A missing claim is told to the person as an incomplete profile, and to operators by name`(_ claim: String) {
    for value in [.null, 12] as [JSON] {
        guard case .denied(.incompleteProfile, let text)? = identity([claim: value]).failure else {
            Issue.record("\(claim) = \(value) was taken")
            continue
        }
        #expect(text.contains(claim))
    }
}

@Test func `Without the scope email there need be no address`() {
    let found = identity(["email": .null, "email_verified": .null]) { $0.needsEmail = false }.value
    #expect(found?.email == "" && found?.emailVerified == false)
}

@Test func `Only a missing word about verification is skipped`() {
    #expect(identity(["email_verified": .null]) { $0.skipsEmailVerified = true }.value?.emailVerified == true)
    #expect(identity(["email_verified": false]) { $0.skipsEmailVerified = true }.value?.emailVerified == false)
}

@Test func `Groups are texts, objects with a name, or one text`() {
    #expect(groups(["a", ["name": "b"], ["id": "c"]]) == ["a", "b"])
    #expect(groups("one") == ["one"])
    #expect(groups(.null) == [])
    #expect(groups(["a", 12]) == nil)
}

@Test func `Groups are filtered, renamed and made, in this order`() {
    let found = groups(["staff", "ops:prod", "ops:test"]) {
        $0.groups.filter = "^ops:"
        $0.groups.prefix = "<"
        $0.groups.suffix = ">"
        $0.groups.made = [
            .init(claims: ["login", "missing", "mail"], delimiter: "j", prefix: "x", clearsDelimiter: true),
            .init(claims: ["missing"], delimiter: "", prefix: "never", clearsDelimiter: false),
        ]
    }
    #expect(found == ["<ops:prod>", "<ops:test>", "xjdjd@example.org"])
    #expect(groups("staff") { $0.groups.filter = "^ops:" } == [])
}

@Test func `An allowed group is needed, and only allowed ones stay`() {
    #expect(groups(["a", "b"]) { $0.allowedGroups = ["b", "c"] } == ["b"])
    let outside = identity(["groups": ["a"]]) {
        $0.takesGroups = true
        $0.allowedGroups = ["b"]
    }
    #expect(outside.failure == .denied(.notAMember, "not in any of allowedGroups"))
}
