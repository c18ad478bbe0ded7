import Testing

@testable import OpenIDConnect

@Suite("The claims parameter") struct ClaimsRequestTests {
    @Test(
        "names single claims, of either place, and those that are known",
        arguments: [
            (#"{}"#, []), (#"{"userinfo":{"email":null}}"#, ["email"]),
            (#"{"id_token":{"email_verified":{"essential":true}}}"#, ["email_verified"]),
            (#"{"userinfo":{"name":null,"phone":null},"id_token":{"name":null,"groups":null}}"#, ["name", "groups"]),
            (#"{"id_token":{"acr":{"essential":true}},"other":1}"#, []),
        ])
    func names(text: String, names: [String]) throws {
        #expect(try ClaimsRequest(parsing: text).names == names)
    }

    @Test(
        "that cannot be met or read is refused",
        arguments: [
            ("", OAuthError.Code.invalidRequest), ("[]", .invalidRequest), (#"{"id_token":1}"#, .invalidRequest),
            (#"{"id_token":{"email":1}}"#, .invalidRequest), (#"{"id_token":{"sub":{"value":1}}}"#, .invalidRequest),
            (#"{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}"#, .invalidRequest),
            (#"{"id_token":{"acr":{"essential":true,"values":["x"]}}}"#, .unmetAuthenticationRequirements),
        ])
    func refused(text: String, code: OAuthError.Code) {
        let error = #expect(throws: OAuthError.self) { try ClaimsRequest(parsing: text) }
        #expect(error?.code == code)
    }
}
