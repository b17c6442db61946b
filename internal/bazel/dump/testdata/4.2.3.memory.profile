Initialize command:heap:init:157286400
Initialize command:heap:used:15229488
Initialize command:heap:commited:50331648
Initialize command:heap:max:157286400
Initialize command:non-heap:init:7667712
Initialize command:non-heap:used:44062904
Initialize command:non-heap:commited:47448064
Initialize command:non-heap:max:-1
Evaluate target patterns:heap:init:157286400
Evaluate target patterns:heap:used:17327720
Evaluate target patterns:heap:commited:50331648
Evaluate target patterns:heap:max:157286400
Evaluate target patterns:non-heap:init:7667712
Evaluate target patterns:non-heap:used:48286616
Evaluate target patterns:non-heap:commited:51511296
Evaluate target patterns:non-heap:max:-1
Load and analyze dependencies:heap:init:157286400
Load and analyze dependencies:heap:used:18581560
Load and analyze dependencies:heap:commited:50331648
Load and analyze dependencies:heap:max:157286400
Load and analyze dependencies:non-heap:init:7667712
Load and analyze dependencies:non-heap:used:53619432
Load and analyze dependencies:non-heap:commited:56557568
Load and analyze dependencies:non-heap:max:-1
Prepare for build:heap:init:157286400
Prepare for build:heap:used:18707144
Prepare for build:heap:commited:50331648
Prepare for build:heap:max:157286400
Prepare for build:non-heap:init:7667712
Prepare for build:non-heap:used:54140304
Prepare for build:non-heap:commited:57081856
Prepare for build:non-heap:max:-1
Build artifacts:heap:init:157286400
Build artifacts:heap:used:19269232
Build artifacts:heap:commited:50331648
Build artifacts:heap:max:157286400
Build artifacts:non-heap:init:7667712
Build artifacts:non-heap:used:55695168
Build artifacts:non-heap:commited:58720256
Build artifacts:non-heap:max:-1
