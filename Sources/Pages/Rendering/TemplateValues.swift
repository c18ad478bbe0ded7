import Bytes
import Mustache

/// What a template sees: names with escaped text, flags, and lists of the same.
///
/// An absent name renders as nothing and makes `{{#name}}` skip and `{{^name}}` show.
struct TemplateValues: MustacheParent {
    private var values: [ExactText: Any] = [:]

    func child(named name: String) -> Any? { values[name.exact] }

    /// Text that is always there, perhaps empty.
    mutating func set(_ name: String, _ text: String) { values[name.exact] = HTML(escaping: text).markup }

    /// Text that counts as absent when it is nil or empty.
    mutating func setUnlessEmpty(_ name: String, _ text: String?) {
        if let text, !text.isEmpty { set(name, text) }
    }

    mutating func set(_ name: String, _ html: HTML?) {
        if let html { values[name.exact] = html.markup }
    }

    mutating func set(_ name: String, _ url: PageURL?) {
        if let url { set(name, url.text) }
    }

    mutating func set(_ name: String, _ flag: Bool) { values[name.exact] = flag }

    mutating func set(_ name: String, _ list: [TemplateValues]) { values[name.exact] = list }

    mutating func set(_ name: String, _ nested: some MustacheParent) { values[name.exact] = nested }
}
