import Foundation
import JOSE
import OpenIDConnect
import Persistence
import Testing
import Workers

@testable import Connectors

private struct Silence: EventLog {
    func record(_ event: ProviderEvent) {}
}

/// A response whose words are compared; the right ones hold `K`, `;` and letters with accents.
private struct Response {
    var issuer = "https://idp.example/K;\u{E9}"
    var inResponseTo = "_K;1"
    var destination = "https://sso.example/K;\u{E9}"
    var recipient = "https://sso.example/K;\u{E9}"
    var audience = "urn:K;\u{E9}"
    var groups = "K8s-admins"
    var groupsName = "K;groups"
    var condition = ""

    var xml: String {
        """
        <p:Response xmlns:p="\(SAMLName.protocolNamespace)" xmlns:a="\(SAMLName.assertionNamespace)" ID="r" Version="2.0" \
        IssueInstant="2026-11-24T17:38:49Z" InResponseTo="\(inResponseTo)" Destination="\(destination)">\
        <a:Issuer>\(issuer)</a:Issuer><p:Status><p:StatusCode Value="\(SAMLName.success)"/></p:Status>\
        <a:Assertion ID="a" Version="2.0" IssueInstant="2026-11-24T17:38:49Z"><a:Issuer>\(issuer)</a:Issuer>\
        <a:Subject><a:NameID>jane</a:NameID><a:SubjectConfirmation Method="\(SAMLName.bearer)">\
        <a:SubjectConfirmationData InResponseTo="\(inResponseTo)" Recipient="\(recipient)" NotOnOrAfter="2026-11-24T17:43:49Z"/>\
        </a:SubjectConfirmation></a:Subject>\
        <a:Conditions NotOnOrAfter="2026-11-24T17:43:49Z">\(condition)<a:AudienceRestriction><a:Audience>\(audience)</a:Audience>\
        </a:AudienceRestriction></a:Conditions>\
        <a:AttributeStatement><a:Attribute Name="name"><a:AttributeValue>Jane</a:AttributeValue></a:Attribute>\
        <a:Attribute Name="email"><a:AttributeValue>j@e</a:AttributeValue></a:Attribute>\
        <a:Attribute Name="\(groupsName)"><a:AttributeValue>\(groups)</a:AttributeValue></a:Attribute></a:AttributeStatement>\
        </a:Assertion></p:Response>
        """
    }
}

@Suite struct `Words of a SAML response are compared byte by byte` {
    private func identity(_ change: (inout Response) -> Void) async throws -> Result<Identity, ConnectorError> {
        let right = Response()
        var settings = SAMLSettings(
            ssoURL: "https://idp.example/sso", redirectURI: right.recipient, certificates: [], usernameAttribute: "name",
            emailAttribute: "email")
        settings.skipsSignatures = true
        settings.ssoIssuer = right.issuer
        settings.entityIssuer = right.audience
        settings.groupsAttribute = right.groupsName
        settings.groupsDelimiter = ":"
        settings.allowedGroups = [right.groups]
        settings.filtersGroups = true
        var response = right
        change(&response)
        let connector = SAMLConnector(
            settings, assertions: try SQLiteStore(location: .memory), pool: WorkerPool(name: "saml", threads: 1, queueLimit: 8),
            clock: Then(), random: SystemRandom(), log: Silence())
        let answer = ConnectorAnswer(
            parameters: RequestParameters([("SAMLResponse", Base64.encode(Array(response.xml.utf8)))]), callbackURL: "",
            scopes: ["groups"], memory: Array(right.inResponseTo.utf8))
        do throws(ConnectorError) { return .success(try await connector.identity(from: answer).identity) } catch {
            return .failure(error)
        }
    }

    private struct Then: WallClock {
        let now = Date(timeIntervalSince1970: 1_795_541_940)
    }

    @Test func `The right ones let in`() async throws {
        let found = try await identity { _ in }
        #expect((try? found.get())?.groups.areExactly(["K8s-admins"]) == true, "\(found)")
    }

    private static let fields: [(name: String, field: any WritableKeyPath<Response, String> & Sendable)] = [
        ("issuer", \.issuer), ("InResponseTo", \.inResponseTo), ("Destination", \.destination), ("Recipient", \.recipient),
        ("audience", \.audience), ("group", \.groups), ("groups' name", \.groupsName),
    ]

    @Test(arguments: fields.map(\.name), [("K", "\u{212A}"), (";", "\u{37E}"), ("\u{E9}", "e\u{301}")])
    func `Look-alikes do not`(_ name: String, _ change: (ours: String, theirs: String)) async throws {
        let field = try #require(Self.fields.first { $0.name == name }?.field)
        let right = Response()[keyPath: field]
        let (before, after) = (Array(right.utf8), Array(change.ours.utf8))
        guard let index = before.indices.first(where: { before[$0...].starts(with: after) }) else { return }
        let other = String(
            decoding: before[..<index] + Array(change.theirs.utf8) + before[(index + after.count)...], as: UTF8.self)
        let found = try await identity { $0[keyPath: field] = other }
        guard case .failure = found else {
            Issue.record("\(name) \(other) let \(found) in")
            return
        }
    }

    @Test(
        arguments: [
            ("x:\u{301}:K8s-admins", true), ("x:K8s-admins", true), ("x:K8s-admins\u{301}", false),
            ("x\u{A789}K8s-admins", false),
            ("x:\u{212A}8s-admins", false),
        ])
    func `Groups are cut at the bytes of the delimiter`(_ groups: String, _ isMember: Bool) async throws {
        let found = try await identity { $0.groups = groups }
        #expect(((try? found.get()) != nil) == isMember, "\(found)")
    }
}
