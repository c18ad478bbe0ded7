/// Text that may stand in an HTML document, as an element's content or between the quotes of an attribute.
///
/// There is no way to make one from a string without escaping it, and ``TemplateValues`` takes nothing else: a value
/// that reaches a page has been escaped.
struct HTML: Sendable, Hashable {
    let markup: String

    /// Escapes `text`.
    ///
    /// It works on bytes. swift-mustache escapes `Character`s, and a quote followed by a combining mark is a `Character`
    /// of its own that it lets through, although a browser sees the quote: `"\u{301} onfocus=…` would leave the attribute.
    init(escaping text: String) {
        guard text.utf8.contains(where: { Self.replacement(for: $0) != nil }) else {
            self.markup = text
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 32)
        for byte in text.utf8 {
            if let replacement = Self.replacement(for: byte) {
                bytes.append(contentsOf: replacement.utf8)
            } else {
                bytes.append(byte)
            }
        }
        self.markup = String(decoding: bytes, as: UTF8.self)
    }

    private init(markup: String) { self.markup = markup }

    /// The text kept apart from its surroundings, so that a name written from right to left, or one that holds
    /// direction marks, cannot reorder the sentence around it.
    func isolated() -> HTML { HTML(markup: "<bdi>\(markup)</bdi>") }

    static func + (left: HTML, right: HTML) -> HTML { HTML(markup: left.markup + right.markup) }

    /// The one script of all pages, see ``FormPostPage``. Its hash is ``ContentSecurityPolicy/formPostScriptHash``.
    static let formPostScript = HTML(markup: "document.forms[0].submit()")

    private static func replacement(for byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        case UInt8(ascii: "`"): "&#96;"
        case 0: "\u{FFFD}"
        // A bare carriage return would come back from a form as a line feed.
        case UInt8(ascii: "\r"): "&#13;"
        default: nil
        }
    }
}

extension StaticString {
    fileprivate var utf8: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
