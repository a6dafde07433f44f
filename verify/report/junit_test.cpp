// The JUnit document of reports that are made up: each row's result, and text that XML cannot hold.
#include "verify/report/junit.hpp"

#include <gtest/gtest.h>

namespace bptt::verify {
namespace {

Row row(const std::string& id, Counts counts) {
  Row r;
  r.id = id;
  r.counts = counts;
  return r;
}

Report report() {
  Report r;
  r.subject = "a \"b\" & <c>";
  r.started = "2026-01-02T03:04:05Z";
  r.seconds = 1.5;
  r.rows = {row("held_one", {.held = 3, .inconclusive = 1}), row("broken_one", {.broken = 1}),
            row("inconclusive_one", {.inconclusive = 4}), row("not_asked", {})};
  r.rows[1].failures = {{"bptt-verify replay 'x y'", "a < b & \"c\"", Cause::none, "\x1b[31m\xff"}};
  return r;
}

TEST(JUnit, HasASuiteForEachSubjectAndACaseForEachRow) {
  EXPECT_EQ(
      junit_of({report()}),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"bptt-verify\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"2\" "
      "time=\"1.500\">\n"
      "  <testsuite name=\"a &quot;b&quot; &amp; &lt;c&gt;\" tests=\"4\" failures=\"1\" "
      "errors=\"0\" "
      "skipped=\"2\" time=\"1.500\" timestamp=\"2026-01-02T03:04:05\">\n"
      "    <testcase name=\"held_one rnn f64\" classname=\"a &quot;b&quot; &amp; &lt;c&gt;\" "
      "time=\"0\"/>\n"
      "    <testcase name=\"broken_one rnn f64\" classname=\"a &quot;b&quot; &amp; &lt;c&gt;\" "
      "time=\"0\">\n"
      "      <failure message=\"a &lt; b &amp; &quot;c&quot;\" type=\"broken\">"
      "\xEF\xBF\xBD[31m\xEF\xBF\xBD\na &lt; b &amp; &quot;c&quot;\nbptt-verify replay 'x y'\n"
      "</failure>\n"
      "    </testcase>\n"
      "    <testcase name=\"inconclusive_one rnn f64\" classname=\"a &quot;b&quot; &amp; "
      "&lt;c&gt;\" time=\"0\">\n"
      "      <skipped message=\"all 4 cases are inconclusive\"/>\n"
      "    </testcase>\n"
      "    <testcase name=\"not_asked rnn f64\" classname=\"a &quot;b&quot; &amp; &lt;c&gt;\" "
      "time=\"0\">\n"
      "      <skipped message=\"no case was asked\"/>\n"
      "    </testcase>\n"
      "  </testsuite>\n"
      "</testsuites>\n");
}

TEST(JUnit, KeepsWhatXmlHasAndReplacesTheRest) {
  EXPECT_EQ(xml_text("a\tb\nc\rd"), "a\tb\nc&#13;d");
  EXPECT_EQ(xml_text("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  const std::string no = "\xEF\xBF\xBD";
  EXPECT_EQ(xml_text(std::string("\0", 1) + "\x07"), no + no);
  EXPECT_EQ(xml_text("\xC3"), no);                    // cut off
  EXPECT_EQ(xml_text("\xC0\xAF"), no + no);           // longer than needed
  EXPECT_EQ(xml_text("\xED\xA0\x80"), no + no + no);  // half of a pair
  EXPECT_EQ(xml_text("\xEF\xBF\xBF"), no + no + no);  // U+FFFF is no character
  EXPECT_EQ(xml_text("]]>"), "]]&gt;");
}

}  // namespace
}  // namespace bptt::verify
