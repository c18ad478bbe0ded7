import FoundationEssentials
import JOSE
import Testing

@testable import Edge

/// What a RequestAuthentication lets a backend see.
@Suite struct IstioTokenOutputTests {
    private static let issuer = "https://issuer.example"
    private static let claims: JSONObject = [
        "text": "blue", "yes": true, "no": false, "number": 42, "fraction": 1.5, "none": .null, "list": ["a"],
        "deep": ["er": ["est": "gold"]], "deep.er": "dotted", "broken": "a\r\nx-admin: 1", "deleted": "a\u{7F}", "empty": "",
    ]

    private var identity: EdgeIdentity {
        EdgeIdentity(
            evidence: .bearer, issuer: Self.issuer, subject: "jane", claims: Self.claims, expiresAt: .distantFuture, token: "t")
    }

    private func written(_ output: IstioTokenOutput, _ identity: EdgeIdentity?, _ sent: EdgeHeaders = [:]) -> EdgeAnswer {
        var answer = EdgeAnswer(status: 200)
        IdentityHeaders(families: [], outputs: [output]).write(
            identity, assertion: nil, request: EdgeRequest(host: "a", headers: sent), to: &answer)
        return answer
    }

    @Test(
        arguments: [
            (["text"], "blue"), (["yes"], "true"), (["no"], "false"), (["number"], "42"), (["fraction"], "1.5"),
            (["deep", "er", "est"], "gold"), (["deep.er"], "dotted"), (["empty"], ""),
            // What is no single value is not sent, nor what could end a header, nor what is not there.
            (["none"], nil), (["list"], nil), (["deep"], nil), (["deep", "er"], nil), ([], nil), (["broken"], nil),
            (["deleted"], nil),
            (["absent"], nil), (["text", "deeper"], nil), (["deep", "absent", "est"], nil), (["Text"], nil),
        ] as [([String], String?)])
    func `A claim becomes a header when it is a single value`(path: [String], expected: String?) {
        let output = IstioTokenOutput(issuer: Self.issuer, claimHeaders: [.init(header: "x-claim", claim: path)])
        #expect(output.headers(for: identity) == (expected.map { [EdgeHeaders.Field("x-claim", $0)] } ?? []))
    }

    @Test func `The payload is all claims in base64url without padding`() throws {
        let output = IstioTokenOutput(issuer: Self.issuer, payloadHeader: "x-payload")
        let fields = output.headers(for: identity)
        #expect(fields.map(\.name) == ["x-payload"])
        let value = try #require(fields.first?.value)
        #expect(!value.contains("="))
        #expect(try JSON(parsing: Base64URL.decode(value)) == .object(Self.claims))
    }

    @Test func `What it sets is removed when a client sends it, also where nobody is known`() {
        let output = IstioTokenOutput(
            issuer: Self.issuer, payloadHeader: "x-payload", claimHeaders: [.init(header: "x-claim", claim: ["absent"])])
        #expect(output.ownHeaders == ["x-claim", "x-payload"])
        #expect(Set(written(output, nil).removedHeaders).isSuperset(of: ["x-payload", "x-claim"]))
        let answer = written(output, identity, ["x_claim": "root"])
        #expect(answer.removedHeaders.contains("x-claim") && answer.removedHeaders.contains("x_claim"))
        #expect(answer.upstreamHeaders.map(\.name) == ["x-payload"])
    }

    @Test func `Only a token of its issuer is written out, and no session`() {
        let output = IstioTokenOutput(issuer: Self.issuer, claimHeaders: [.init(header: "x-claim", claim: ["text"])])
        #expect(written(output, identity).upstreamHeaders == [EdgeHeaders.Field("x-claim", "blue")])
        var other = identity
        other.issuer = "https://issuer.example.evil"
        #expect(written(output, other).upstreamHeaders.isEmpty)
        var session = identity
        session.evidence = .session("s")
        #expect(written(output, session).upstreamHeaders.isEmpty)
    }

    @Test func `A backend gets the token only where that is written`() {
        let hidden = IstioTokenOutput(issuer: Self.issuer, tokenHeaders: ["authorization", "x-token"])
        #expect(Set(written(hidden, identity).removedHeaders).isSuperset(of: ["authorization", "x-token"]))
        let kept = IstioTokenOutput(issuer: Self.issuer, keepsToken: true, tokenHeaders: ["authorization", "x-token"])
        #expect(Set(written(kept, identity).removedHeaders).isDisjoint(with: ["authorization", "x-token"]))
    }

    @Test func `A header is set or removed, never both`() {
        let output = IstioTokenOutput(
            issuer: Self.issuer, claimHeaders: [.init(header: "x-token", claim: ["text"])], tokenHeaders: ["x-token"])
        let answer = written(output, identity)
        #expect(answer.upstreamHeaders == [EdgeHeaders.Field("x-token", "blue")])
        #expect(!answer.removedHeaders.contains("x-token"))
    }
}
