import HTTPTypes
import Testing

@testable import Web

@Suite("Cookies")
struct CookieTests {
    @Test(
        "are found by their exact name",
        arguments: [
            (["a=1"], "1"),
            (["b=2; a=1"], "1"),
            (["b=2;a=1;c"], "1"),
            (["a=\"quoted\""], "quoted"),
            (["a=1; a=2"], "1"),
            (["b=2", "a=3"], "3"),
            (["  a = x=y "], "x=y"),
            (["a="], ""),
            (["A=1"], nil),
            (["aa=1"], nil),
            (["a"], nil),
            ([], nil),
        ] as [([String], String?)])
    func found(lines: [String], value: String?) {
        var headers = HTTPFields()
        for line in lines { headers.append(HTTPField(name: .cookie, value: line)) }
        #expect(WebRequest(path: "/", headers: headers).cookie("a") == value)
    }

    @Test("are set so that no script and no other site can use them")
    func set() throws {
        let cookie = try SetCookie(name: "__Host-login", value: "abc", maxAge: 600, secure: true)
        #expect(cookie.fieldValue == "__Host-login=abc; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=Lax")
        let plain = try SetCookie(name: "s", value: "", path: "/dex", secure: false, sameSite: .strict)
        #expect(plain.fieldValue == "s=; Path=/dex; HttpOnly; SameSite=Strict")
    }

    @Test(
        "are refused when they could not be written as they are",
        arguments: [
            ("a b", "1", "/", true, SetCookieError.invalidName("a b")),
            ("", "1", "/", true, .invalidName("")),
            ("a", "1;2", "/", true, .invalidValue(name: "a")),
            ("a", "1\r\nX: y", "/", true, .invalidValue(name: "a")),
            ("a", "1", "/;x", true, .invalidPath("/;x")),
            ("a", "1", "x", true, .invalidPath("x")),
            ("__Secure-a", "1", "/", false, .needsSecure(name: "__Secure-a")),
            ("__host-a", "1", "/dex", true, .needsRootPath(name: "__host-a")),
        ])
    func refused(name: String, value: String, path: String, secure: Bool, error: SetCookieError) {
        #expect(throws: error) { try SetCookie(name: name, value: value, path: path, secure: secure) }
    }

    @Test("without SameSite are refused unless they are secure")
    func sameSiteNone() {
        #expect(throws: SetCookieError.needsSecure(name: "a")) {
            try SetCookie(name: "a", value: "1", secure: false, sameSite: .none)
        }
    }
}
