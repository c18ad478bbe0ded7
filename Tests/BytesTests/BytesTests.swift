import Bytes
import Testing

@Suite struct BytesTests {
    /// Texts that `String ==` takes for the same and that have other bytes.
    static let lookalikes: [(String, String)] = [
        ("K", "\u{212A}"), (";", "\u{37E}"), ("`", "\u{1FEF}"), ("\u{E9}", "e\u{301}"), ("\u{C5}", "\u{212B}"),
        ("\u{1112}\u{1161}", "\u{D558}"),
    ]

    @Test(arguments: lookalikes) func `texts that look alike are different`(one: String, other: String) {
        #expect(one == other, "the standard library takes them for the same, or the test would prove nothing")
        #expect(!one.hasSameBytes(as: other))
        #expect(!one.hasSameBytesFoldingASCII(as: other))
        #expect(one.exact != other.exact)
        #expect(Set([one.exact, other.exact]).count == 2)
        #expect(![one].containsExactly(other))
        #expect(!"x\(one)".containsBytes(of: other))
        #expect(!"x\(one)".endsWithBytes(of: other))
        #expect(!"\(one)x".startsWithBytes(of: other))
        #expect(one.exact == one.exact)
    }

    @Test func `only ASCII letters fold`() {
        #expect("KELVIN".hasSameBytesFoldingASCII(as: "kelvin"))
        #expect(!"\u{212A}ELVIN".hasSameBytesFoldingASCII(as: "kelvin"))
        #expect("\u{C4}B\u{212A}".asciiLowercased.exact == "\u{C4}b\u{212A}")
        #expect("\u{E4}b\u{DF}".asciiUppercased.exact == "\u{E4}B\u{DF}")
        #expect(!"[".hasSameBytesFoldingASCII(as: "{"))
        #expect(!"@".hasSameBytesFoldingASCII(as: "`"))
    }

    @Test(arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20DD}", "\u{E0100}", ""])
    func `a separator with a mark behind it separates`(mark: String) {
        let text = "a/\(mark)b/\(mark)"
        #expect(text.cut(at: "/").map(\.exact) == ["a", "\(mark)b".exact, mark.exact])
        #expect(text.cutOnce(at: "/").map { $0.before.exact } == "a")
        #expect(text.cutLast(at: "/").map { $0.after.exact } == mark.exact)
        #expect(text.containsByte("/"))
        #expect("/\(mark)".startsWithByte("/"))
        #expect("/\(mark)x".startsWithBytes(of: "/"))
        #expect("/\(mark)x".afterBytes(of: "/")?.exact == "\(mark)x".exact)
        #expect("a\r\n\(mark)b".containsByte("\r"))
    }

    @Test func `parts are what stands between separators`() {
        #expect("a,,b".cut(at: ",").map(\.exact) == ["a", "", "b"])
        #expect("a,,b".fields(at: ",").map(\.exact) == ["a", "b"])
        #expect("".cut(at: ",").map(\.exact) == [""])
        #expect("".fields(at: ",").isEmpty)
        #expect("a,b,c".cut(at: ",", most: 1).map(\.exact) == ["a", "b,c"])
        #expect(",".cut(at: ",").map(\.exact) == ["", ""])
        #expect("abc".cutOnce(at: ",") == nil)
        #expect("abc".lastByte(",") == nil)
    }

    @Test func `ends are trimmed of ASCII alone`() {
        #expect(" \t a \u{A0}".trimmedOfOptionalWhitespace.exact == "a \u{A0}")
        #expect("\r\n a\u{2028}\n".trimmedOfASCIIWhitespace.exact == "a\u{2028}")
        #expect("  ".trimmedOfOptionalWhitespace.isEmpty)
        #expect("x-end".beforeBytes(of: "-end")?.exact == "x")
        #expect("end".beforeBytes(of: "-end") == nil)
    }

    @Test func `the order is that of the bytes`() {
        #expect(["b", "\u{E4}", "a", "B"].map(\.exact).sorted() == ["B", "a", "b", "\u{E4}"])
    }

    @Test func `cutting and joining gives the same bytes`() {
        var random = SystemRandomNumberGenerator()
        let alphabet: [String] = ["/", ",", "a", "\u{301}", "\u{212A}", "\r", "\n", "\u{1F600}", "\u{200D}", " "]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }
                .joined()
            #expect(text.cut(at: "/").joined(separator: "/").hasSameBytes(as: text))
            #expect(text.utf8.elementsEqual(text.asciiLowercased.utf8))
        }
    }
}
