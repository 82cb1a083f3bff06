#include "hardline/api/words.hpp"

#include <gtest/gtest.h>

namespace hardline::api {
namespace {

using Router = reach::PortMapperStatus::State;
using Node = dht::DhtNodeStatus::State;

TEST(WordsOfTheRouter, SayWhyItIsNotAsked) {
  EXPECT_EQ(sentence_of({.enabled = false, .state = "off"}),
            "Not asked to open a port: switched off by the configuration");
  EXPECT_EQ(sentence_of({.any_published = false, .state = name_of(Router::off)}),
            "Not asked to open a port: nothing is published");
  EXPECT_EQ(sentence_of({.state = name_of(Router::off)}), "Not asked to open a port yet");
}

TEST(WordsOfTheRouter, NameItAndWhatIsWrong) {
  EXPECT_EQ(sentence_of({.state = name_of(Router::refused), .name = "Box", .problem = "not authorised"}),
            "Box refuses to open the port: not authorised");
  EXPECT_EQ(sentence_of({.state = name_of(Router::refused)}), "The router refuses to open the port");
  EXPECT_EQ(sentence_of({.state = name_of(Router::no_gateway)}), "No router here opens ports on request");
}

TEST(WordsOfTheRouter, SayWhatItForwards) {
  EXPECT_EQ(sentence_of({.state = name_of(Router::mapped), .name = "Box", .port = 7010, .way = "PCP"}),
            "Box forwards port 7010 to this computer (PCP)");
}

TEST(WordsOfTheNode, CountNodes) {
  EXPECT_EQ(sentence_of_node(name_of(Node::connected), 1), "Connected to 1 node");
  EXPECT_EQ(sentence_of_node(name_of(Node::connected), 15), "Connected to 15 nodes");
}

TEST(WordsOfTheNode, SayWhatIsWrong) {
  EXPECT_EQ(sentence_of_node(name_of(Node::disconnected), 0, "no port"), "No node answers; trying again: no port");
  EXPECT_EQ(sentence_of_node(name_of(Node::idle), 0), "Not needed yet");
  EXPECT_EQ(sentence_of_node(name_of(Node::idle), 0, "the port is taken"), "Cannot run: the port is taken");
  EXPECT_EQ(sentence_of_node("asleep", 0), "asleep") << "a later version's state";
}

TEST(WordsOfAnAnnouncement, SayWhenOrWhyNot) {
  EXPECT_EQ(sentence_of_announcement("3 minutes ago", ""), "Announced in the DHT 3 minutes ago");
  EXPECT_EQ(sentence_of_announcement("", ""), "Not announced in the DHT yet");
  EXPECT_EQ(sentence_of_announcement("3 minutes ago", "nobody took it"), "Not announced in the DHT: nobody took it");
}

}  // namespace
}  // namespace hardline::api
