import Foundation
import JOSE
import OpenIDConnect
import Testing

@testable import Connectors
@testable import XMLSecurity

@Suite("SAML single logout") struct SAMLLogoutTests {
    private static let xml =
        #"<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" Version="2.0"><saml:Issuer>https://idp.example.com/metadata</saml:Issuer><saml:NameID>jane</saml:NameID></samlp:LogoutRequest>"#

    /// What zlib made of `text`, at several levels: stored, fixed codes, codes of its own.
    @Test(
        "DEFLATE is read as zlib writes it",
        arguments: [
            ("AwA=", ""),
            ("SwQA", "a"),
            ("S0zEBAA=", "aaaaaaaaaaaaaaaaaaaa"),
            (
                "fY/LCsJADEV/pcwHdNRlaAeEbgrqQsGthDZoZV5OMtDPt9ouiguXuScn4VaMzkY4hHvIcqZXJpZidNYzfEmtcvIQkAcGj44YpIPL/niAXbmBmIKELli1Uv4byExJhuBV0Ta1um1VcaXEU1CriStTfW5Ay5wpmYdIZNB66GNJI7poqeyC044EexSs9Hp7Vk/Tz7YxT/S04CWZp5+u5g0=",
                SAMLLogoutTests.xml
            ),
            (
                "sylOzM0psPLJT88vLQlKLSxNLS5RqMjNySu2AsvYKpUW5VnlJxZnFlvlJeamFluVJFsFO/r6WBnpGVgVFOWX5Cfn5yghacGvI7G4OLWoJDM/T0nB08VWKd5QSSEstagYKGCrBJRXsrMBmWHlWVxcmlpkl1FSUlBspa+fmVKgl1qRmFuQk6qXnJ+rn5takpiSWJJoo4+sGqLVD2inp4tdVmJeKlQaKgLhofnVDgA=",
                SAMLLogoutTests.xml
            ),
            (
                "BcFBasMwEAXQqxgdwHKzHGRBwBuDk0UC3ZbBGVIXjaToj8DH73sBrKnSVt6l20M+XWDDqSmDwJrq7HrLVBgHKLMKyHZ6Xm8bXcaJaitW9pLccGrKILCm2fWWqTAOUGYVkO30vN42uowTMSDNjpLdsC6z+/lyw7c0HCXP7jJOLgawJlqBLi3+mlWQ98erjnKy1iTjXtSrGL/YOHiwJlqBLi0GsCa6s8q6xD/OEjxYE91ZZV1i8GBNlbbyLt0e8ukCi/8=",
                SAMLLogoutTests.xml
            ),
            (
                "AQEB/v48c2FtbHA6TG9nb3V0UmVxdWVzdCB4bWxuczpzYW1scD0idXJuOm9hc2lzOm5hbWVzOnRjOlNBTUw6Mi4wOnByb3RvY29sIiB4bWxuczpzYW1sPSJ1cm46b2FzaXM6bmFtZXM6dGM6U0FNTDoyLjA6YXNzZXJ0aW9uIiBJRD0iXzEiIFZlcnNpb249IjIuMCI+PHNhbWw6SXNzdWVyPmh0dHBzOi8vaWRwLmV4YW1wbGUuY29tL21ldGFkYXRhPC9zYW1sOklzc3Vlcj48c2FtbDpOYW1lSUQ+amFuZTwvc2FtbDpOYW1lSUQ+PC9zYW1scDpMb2dvdXRSZXF1ZXN0Pg==",
                SAMLLogoutTests.xml
            ),
            (
                "BcFBasMwEAXQqxgdwHKzHGRBwBuDk0UC3ZbBGVIXjaToj8DH73sBrKnSVt6l20M+XWDDqSmDwJrq7HrLVBgHKLMKyHZ6Xm8bXcaJaitW9pLccGrKILCm2fWWqTAOUGYVkO30vN42uowTMSDNjpLdsC6z+/lyw7c0HCXP7jJOLgawJlqBLi3+mlWQ98erjnKy1iTjXtSrGL/YOHiwJlqBLi0GsCa6s8q6xD/OEjxYE91ZZV1i8GBNlbbyLt0e8ukCi/8=",
                SAMLLogoutTests.xml
            ),
        ])
    func inflate(compressed: String, text: String) throws {
        #expect(try Inflate.bytes(try Base64.decode(compressed), limit: 100_000) == Array(text.utf8))
    }

    @Test func `What we store is read again`() throws {
        let bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try Inflate.bytes(Deflate.stored(bytes), limit: 70_000) == bytes)
        #expect(throws: Inflate.Failure.tooLong) { try Inflate.bytes(Deflate.stored(bytes), limit: 69_999) }
    }

    @Test func `Repetition stops at the limit`() throws {
        let bomb = try Base64.decode(
            "7cExAQAAAMKgrOtfwhoeQAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACvBg=="
        )
        #expect(throws: Inflate.Failure.tooLong) { try Inflate.bytes(bomb, limit: 10_000) }
        #expect(try Inflate.bytes(bomb, limit: 100_000).count == 100_000)
    }

    @Test func `No damage does more than fail`() throws {
        let good = try Base64.decode(
            "vZBLS8NQEIX/SjrQTYTESFdDEiptFoGaQgTjqjKkQ43kPrxzI/35Xm0XQcSlyzlnvjOPXEiNFnfmZCbf8vvE4qOzGrXgt1PA5DQakkFQk2JB3+Pj/cMO75JbtM5405sRZsjfBImw84PRENXbAl4yiJ7YSRAKCD6U+VcG1iITu/LVeyuYpsPRJnwmZUdOeqNSxZ6O5ClP590XtAkz6235Rpqv9lW5VD9uLUsvPL1z66cg79COiiTNy23Nihq8VKzpba7kpeNJpL7a9L0Mh7VMn/BoFZ05scchTVGs96/z7ryE2+QOCm0GcfwUQfYCxbaOIAjesQhh8HH3cP+IvUcJMzWGV5JB7SYovjJQ9KjOEYzh9d44+zdhZ8gvt+YLWMYZVi25m3Vns0atOqjdxlYf+5jWi8MmVs/VaulOh67dN/u2O5zcclU9q3hzWKwp3n9UduNq6FaqyWy3vnHUVpjFS/jf5E8="
        )
        for length in 0..<good.count {
            #expect(throws: Inflate.Failure.self) { try Inflate.bytes(Array(good[..<length]), limit: 10_000) }
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var bad = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bad[Int.random(in: bad.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let bytes = try? Inflate.bytes(bad, limit: 10_000) { #expect(bytes.count <= 10_000) }
        }
        for wrong: [UInt8] in [[7], [1, 1, 0, 0, 0, 7], [1, 5, 0, 0xFA, 0xFF, 1], [0x03, 0x02, 0x00]] {
            #expect(throws: Inflate.Failure.self) { try Inflate.bytes(wrong, limit: 10_000) }
        }
    }

    @Test func `A name is remembered as the identity provider has written it`() throws {
        let assertion = try XMLDocument(
            Array(
                """
                <a:Assertion xmlns:a="\(SAMLName.assertionNamespace)"><a:Subject><a:NameID Format="f&amp;" NameQualifier="q" \
                Other="x">j&lt;ane<!-- -->.x</a:NameID></a:Subject><a:AuthnStatement SessionIndex="i&quot;1"/></a:Assertion>
                """.utf8)
        ).unverifiedRoot
        let memory = try #require(SAMLLogoutMemory(assertion))
        let text = try #require(memory.text)
        let again = try #require(SAMLLogoutMemory(text))
        #expect(again == memory)
        #expect(
            again.xml
                == "<saml:NameID Format=\"f&amp;\" NameQualifier=\"q\">j&lt;ane.x</saml:NameID><samlp:SessionIndex>i&quot;1</samlp:SessionIndex>"
        )
    }

    @Test func `A name without end is not remembered`() throws {
        let name = String(repeating: "n", count: 3000)
        let assertion = try XMLDocument(
            Array(
                "<a:Assertion xmlns:a=\"\(SAMLName.assertionNamespace)\"><a:Subject><a:NameID>\(name)</a:NameID></a:Subject></a:Assertion>"
                    .utf8)
        ).unverifiedRoot
        let memory = try #require(SAMLLogoutMemory(assertion))
        #expect(memory.text == nil)
    }

    @Test(
        "A logout of sessions ends those that have their index, and those that have none",
        arguments: [
            (#"{"SessionIndex":"1"}"#, ["1"], true), (#"{"SessionIndex":"1"}"#, ["2", "1"], true),
            (#"{"SessionIndex":"1"}"#, ["2"], false), (#"{"SessionIndex":"1"}"#, [], true), (nil, ["2"], true),
            ("{}", ["2"], true),
        ] as [(String?, [String], Bool)])
    func covers(data: String?, sessions: [String], expected: Bool) {
        #expect(SAMLLogoutMemory.covers(data.map { Array($0.utf8) }, sessions: sessions) == expected)
    }

    @Test func `An ID token that is too long is replaced by a name`() {
        let claims: JSONObject = ["sub": "jane", "sid": "session 7"]
        let short = OIDCLogoutMemory(idToken: "a.b.c", claims: claims)
        let long = OIDCLogoutMemory(idToken: String(repeating: "t", count: 2001), claims: claims)
        for (memory, name, value) in [(short, "id_token_hint", "a.b.c"), (long, "logout_hint", "session 7")] {
            let again = memory.flatMap { OIDCLogoutMemory($0.text) }?.parameter
            #expect(again?.name == name && again?.value == value)
        }
        #expect(OIDCLogoutMemory(idToken: String(repeating: "t", count: 2001), claims: [:]) == nil)
        #expect(OIDCLogoutMemory("x") == nil)
    }
}
