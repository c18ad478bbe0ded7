import Bytes

extension Schema<String> {
    /// The part of an e-mail address behind the `@`, in lower case.
    static var emailDomain: Schema {
        Schema<String>.text.map { text throws(Mistake) in
            let labels = text.cut(at: ".")
            let isName = labels.allSatisfy { label in
                !label.isEmpty && label.utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == UInt8(ascii: "-") || $0 >= 0x80 }
            }
            guard isName else { throw Mistake("\(quoted(text)) is not a domain", hint: "write for example example.com") }
            return text.asciiLowercased
        }
    }
}
