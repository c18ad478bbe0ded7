import Testing

@testable import OpenIDConnect

@Suite("A code challenge") struct CodeChallengeTests {
    @Test("is met by the verifier of RFC 7636, appendix B, and by no other")
    func vector() throws {
        let challenge = try #require(CodeChallenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", method: .s256))
        #expect(challenge.accepts(verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
        #expect(!challenge.accepts(verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"))
        #expect(!challenge.accepts(verifier: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"))
    }

    @Test(
        "and a verifier have 43 to 128 unreserved characters",
        arguments: [
            (String(repeating: "a", count: 42), false), (String(repeating: "a", count: 43), true),
            (String(repeating: "~", count: 128), true),
            (String(repeating: "a", count: 129), false), (String(repeating: "a", count: 42) + "+", false),
            (String(repeating: "a", count: 42) + "é", false), ("", false),
        ])
    func form(text: String, isWellFormed: Bool) {
        let challenge = CodeChallenge(text, method: .plain)
        #expect((challenge != nil) == isWellFormed)
        #expect(challenge?.accepts(verifier: text) ?? false == isWellFormed)
    }
}
