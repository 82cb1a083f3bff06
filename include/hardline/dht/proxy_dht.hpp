// A DHT by way of somebody else, whose word on having taken a value has to be checked.
#pragma once

#include "hardline/dht/dht.hpp"

namespace hardline::dht {

class ProxyDht : public Dht {
 public:
  /// It answered gets, and what was put through it could not be got: a zombie.
  virtual bool loses_puts() const = 0;
  /// The announcer's finding, from a get after a put.
  virtual void note_put_lost(bool lost) = 0;
};

}  // namespace hardline::dht
